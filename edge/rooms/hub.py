"""The rooms of this edge as sockets use them: join, leave, move."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import structlog
from redis.asyncio import Redis

from edge.errors import ApiError
from edge.rooms.cursor import Cursor, Cursors
from edge.rooms.headcount import count_heads
from edge.rooms.listening import CHECKED_AT_ONCE, Listening
from edge.rooms.live_room import LiveRoom, Seat
from edge.rooms.member import Joined, Member, Stale
from edge.rooms.moves import Moves
from edge.rooms.replay import Limits, refusal, replay
from edge.rooms.stored import StoredElements
from edge.rooms.subscriber import AWAY
from topics.errors import DoskaError
from topics.runtime import metrics

CHECK_SECONDS = 5.0
LEASE_SECONDS = 3.0
END_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Rooms:
    """The hub. `run` keeps it going. Without Redis sockets stay, and joins are `unavailable`.

    Args:
        redis: where rooms are.
        cursors: writes the cursors of frames.
        moves: takes the presence of our members to the log.
        stored: where elements are read for members that do not take appended points.
        edge: the name of this process's life, never used before.
        limits: of a replay.
        check_seconds: how often all rooms are compared with Redis.
        now_ms: the wall clock.
    """

    def __init__(
        self,
        redis: Redis,
        cursors: Cursors,
        moves: Moves,
        stored: StoredElements,
        *,
        edge: str,
        limits: Limits,
        check_seconds: float = CHECK_SECONDS,
        now_ms: Callable[[], float] = lambda: time.time() * 1000,
    ) -> None:
        self._cursors = cursors
        self._moves = moves
        self._edge = edge
        self._limits = limits
        self._check_seconds = check_seconds
        self._stored = stored
        self._now_ms = now_ms
        self._seats: dict[tuple[str, str], Seat] = {}
        self._listening = Listening(
            redis,
            cursors,
            stored,
            on_reset=self._on_reset,
            on_gone=self._on_gone,
            on_connected=self._on_connected,
        )

    @property
    def heard(self) -> bool:
        """Whether what is published in rooms arrives here."""
        return self._listening.heard

    async def run(self) -> None:
        """Work until cancelled; then tell that our members are gone."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listening.run())
                group.create_task(self._moves.run())
                group.create_task(_every(LEASE_SECONDS, self._keep_lease))
                group.create_task(_every(self._check_seconds, self.check))
        finally:
            await self._end()

    # ---- what a socket calls

    async def join(self, room: str, member: Member, since: Cursor | None = None) -> Joined | Stale:
        """Put a member into a room; a second join replaces the first.

        Joined: `member.joined` has been called, every event after the cursor follows. Stale: the member is in no longer.

        Raises:
            ApiError: `unavailable`, Redis is away; the member is in no longer.
        """
        key = room, member.person.connection
        before = self._stand_up(key)
        seat = self._seats[key] = Seat(member)
        answer: Joined | Stale | None = None
        try:
            # A second round when it turns out on the way that the room has a new epoch.
            for _ in range(2):
                live = self._listening.take(room)
                live.seats[member.person.connection] = seat
                await self._listening.opened(live)
                answer = await self._admit(live, seat, since)
                if answer is not None:
                    break
                await self._listening.check_rooms([live])
        except AWAY as error:
            if seat.left:
                return Stale(room, "epoch")  # left meanwhile: nobody waits for this answer
            metrics.ROOM_JOINS.labels("unavailable").inc()
            raise ApiError("unavailable", "The room cannot be joined now; try again in a moment.") from error
        finally:
            if not isinstance(answer, Joined) and not seat.left:
                self._stand_up(key)
                if before is not None and before.joined:
                    self._moves.gone(*key)
        answer = answer or Stale(room, "epoch")
        metrics.ROOM_JOINS.labels("joined" if isinstance(answer, Joined) else f"stale_{answer.reason}").inc()
        return answer

    def leave(self, room: str, member: Member) -> bool:
        """Take a member out of a room, or stop its joining; whether it was in."""
        key = room, member.person.connection
        seat = self._seats.get(key)
        if seat is None or seat.member is not member:
            return False
        self._stand_up(key)
        if seat.joined:
            self._moves.gone(*key)
        return seat.joined

    def move(self, room: str, member: Member, data: dict[str, Any]) -> None:
        """Show the others what a member does; nothing when it is not in the room."""
        if self.is_in(room, member):
            self._moves.move(room, member.person, data)

    def is_in(self, room: str, member: Member) -> bool:
        """Whether a member has joined a room and not left it."""
        seat = self._seats.get((room, member.person.connection))
        return seat is not None and seat.member is member and seat.joined

    def pause(self) -> None:
        """Show nothing to anybody: rights cannot be proven now."""
        self._listening.pause()

    def resume(self) -> None:
        """Go on, with what happened meanwhile first."""
        self._listening.resume()

    # ---- joining and leaving

    async def _admit(self, live: LiveRoom, seat: Seat, since: Cursor | None) -> Joined | Stale | None:
        """Let a seated member in; None when the room is not what this edge thought."""
        reason = None if since is None else await self._doubt(live, since)
        if seat.left:
            return Stale(live.name, "epoch")  # left or joined anew meanwhile
        if live.closed or reason == "again":
            return None
        return self._let_in(live, seat, since) if reason is None else Stale(live.name, reason)

    async def _doubt(self, live: LiveRoom, since: Cursor) -> Literal["window", "epoch", "again"] | None:
        """Why what followed `since` cannot be shown; `again` when the room is of another epoch than this edge thought."""
        if since.epoch is None:
            return "epoch"  # written while Redis was away: nobody can say what came after it
        reader, sequence = self._listening.reader, live.sequence
        if since.epoch != sequence.epoch:
            [state] = await reader.open([live.name])
            return "epoch" if state.epoch == sequence.epoch else "again"
        if since.seq > sequence.seq and not await self._catch_up(live, since.seq):
            return "epoch"
        last = sequence.seq
        if since.seq >= last:
            return None
        found = await reader.measure(live.name, sequence.epoch, since.seq + 1, last, self._limits.bytes)
        return "again" if found is None else refusal(since, last, found, self._limits, self._now_ms())

    async def _catch_up(self, live: LiveRoom, seq: int) -> bool:
        """Come to `seq`, which a client has seen through another edge; False when the room has no such event."""
        [state] = await self._listening.reader.open([live.name])
        if not live.closed and state.epoch == live.sequence.epoch:
            live.sequence.heard = max(live.sequence.heard, state.seq)
            repair = self._listening.repair_if_behind(live)
            if repair is not None:
                await asyncio.shield(repair)
            if live.sequence.seq < seq <= state.seq:
                raise ConnectionError("events are held back or cannot be read now")
        return live.sequence.seq >= seq and not live.closed

    def _let_in(self, live: LiveRoom, seat: Seat, since: Cursor | None) -> Joined:
        member, name = seat.member, seat.member.person.connection
        self._listening.flush(live)
        if since is None:
            since = Cursor(live.name, live.sequence.epoch, live.sequence.seq, live.mark)
        here = {connection: other.shown for connection, other in live.seats.items() if other.joined}
        people = live.presence.people | here | {name: seat.shown}
        joined = Joined(
            room=live.name,
            epoch=live.sequence.epoch,
            seq=since.seq,
            cursor=self._cursors.encode(since),
            members=b",".join(people.values()),
            presence=live.presence.last_moves(name),
        )
        seat.joined, seat.joined_at = True, asyncio.get_running_loop().time()
        member.joined(joined)
        self._moves.move(live.name, member.person, {})
        if since.seq == live.sequence.seq:
            live.enter(name, member)
        else:
            seat.replay = self._listening.spawn(self._replay(live, seat, since))
        return joined

    async def _replay(self, live: LiveRoom, seat: Seat, since: Cursor) -> None:
        member = seat.member
        try:
            complete = await replay(
                live, self._listening.reader, seat, since, stored=self._stored, flowing=self._listening.flowing
            )
        except OSError as error:
            log.info("a replay ended with its socket", room=live.name, reason=repr(error))
            return
        seat.replay = None
        if seat.left or live.closed:
            return
        if complete:
            # What waits for the tick is what the others have not seen; this one has it.
            self._listening.flush(live)
            live.enter(member.person.connection, member)
        else:
            log.info("a replay lost its window", room=live.name)
            self.leave(live.name, member)
            member.reset(live.name)

    def _stand_up(self, key: tuple[str, str]) -> Seat | None:
        seat = self._seats.pop(key, None)
        if seat is None:
            return None
        seat.left = True
        if seat.replay is not None:
            seat.replay.cancel()
        room, name = key
        live = self._listening.rooms.get(room)
        if live is not None and live.seats.get(name) is seat:
            del live.seats[name]
            live.exit(name)
            self._listening.close_if_empty(live)
        return seat

    # ---- what the listening tells

    def _on_reset(self, live: LiveRoom) -> None:
        """Everybody comes back with his cursor; who was on the way in goes on in the new room."""
        seats, live.seats, live.live = live.seats, {}, {}
        for name, seat in seats.items():
            if seat.replay is not None:
                seat.replay.cancel()
            if seat.joined and self._seats.pop((live.name, name), None) is not None:
                seat.left = True
                self._moves.gone(live.name, name)
                seat.member.reset(live.name)

    def _on_gone(self, live: LiveRoom, gone: Sequence[str]) -> None:
        for name in gone:
            seat = live.seats.get(name)
            if seat is not None and seat.joined:
                self._moves.move(live.name, seat.member.person, {})  # somebody took this edge for dead

    async def _on_connected(self) -> None:
        await self._listening.reader.live(self._edge)
        await self._listening.check()

    # ---- upkeep

    async def check(self) -> None:
        """Compare every room and who is in it with Redis."""
        await self._listening.check()
        rooms = [live for live in self._listening.rooms.values() if live.open]
        for start in range(0, len(rooms), CHECKED_AT_ONCE):
            counted = rooms[start : start + CHECKED_AT_ONCE]
            await count_heads(counted, self._listening.reader, self._moves, self._edge)
            for live in counted:
                self._listening.schedule_presence(live)

    async def _keep_lease(self) -> None:
        await self._listening.reader.live(self._edge)

    async def _end(self) -> None:
        for (room, name), seat in self._seats.items():
            if seat.joined:
                self._moves.gone(room, name)
        self._seats.clear()
        with contextlib.suppress(DoskaError, *AWAY):
            async with asyncio.timeout(END_SECONDS):
                await self._moves.settle()
                await self._listening.reader.die(self._edge)


async def _every(seconds: float, action: Callable[[], Awaitable[None]]) -> None:
    """Do something now and every so many seconds; Redis being away is waited out."""
    while True:
        try:
            await action()
        except AWAY as error:
            log.info("Redis is away", reason=repr(error))
        await asyncio.sleep(seconds)
