"""The act of people at boards: they join, some draw, some point, everybody watches."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from jobs.bench.load.drawing import Pen, move
from jobs.bench.load.faults import Faults
from jobs.bench.load.lag import probe
from jobs.bench.load.member import Member
from jobs.bench.load.pacing import pace
from jobs.bench.load.room_log import RoomLog
from jobs.bench.load.socket import Socket
from jobs.bench.load.times import Times

OPENED_AT_ONCE = 20
SETTLE_SECONDS = 15.0
# What must not come would come within this.
QUIET_SECONDS = 0.3
POLL_SECONDS = 0.02
Json = dict[str, Any]


@dataclass(slots=True)
class Role:
    """What somebody does beside watching."""

    member: Member
    token: str
    draws: bool
    moves: bool


class Act:
    """The members that this process plays, kept open over several measurements."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._url = ""
        self._roles: list[Role] = []
        self._logs: dict[str, RoomLog] = {}
        self._late = Times()
        self._lags = Times()
        self._moved: dict[str, dict[str, int]] = {}
        self._window = (0, 0)
        self._bytes = (0, 0)

    async def open(self, url: str, rooms: Sequence[Json], *, compress: bool = False) -> Json:
        """Connect and join everybody: `rooms` is `[{board, members: [{token, draws, moves}]}]`."""
        self._url = url
        gate = asyncio.Semaphore(OPENED_AT_ONCE)

        async def enter(board: str, person: Json, author: str) -> Role:
            async with gate:
                socket = await Socket.connect(url, person["token"], compress=compress)
                member = Member(socket, board, author)
                await member.join()
                return Role(member, person["token"], draws=person["draws"], moves=person["moves"])

        people = [(room["board"], person) for room in rooms for person in room["members"]]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(enter(board, person, f"{self._name}-{number}"))
                for number, (board, person) in enumerate(people)
            ]
        self._roles = [task.result() for task in tasks]
        return {"members": len(self._roles)}

    async def draw(
        self, begin_ns: int, warmup: float, seconds: float, *, draw_rate: float, move_rate: float, lag: bool = False
    ) -> Json:
        """Draw and move; when all ops are answered, what was acknowledged by room and the last moves of each mover."""
        from_ns = begin_ns + round(warmup * 1e9)
        end_ns = from_ns + round(seconds * 1e9)
        self._window = from_ns, end_ns
        self._late, self._lags = Times(), Times()
        self._logs = {}
        for role in self._roles:
            log = self._logs.setdefault(role.member.board, RoomLog(begin_ns))
            role.member.begin(log, from_ns, end_ns)
        self._bytes = self._passed()
        pens = [Pen(role.member).draw for role in self._roles if role.draws]
        movers = [role.member for role in self._roles if role.moves]
        moves = [partial(move, mover, begin_ns) for mover in movers]
        tokens = {role.member: role.token for role in self._roles}
        probing = (
            asyncio.create_task(
                probe(self._url, tokens.__getitem__, [r.member for r in self._roles if r.draws], self._lags)
            )
            if lag
            else None
        )
        sent, moved = await asyncio.gather(
            pace(pens, draw_rate, begin_ns, end_ns, self._late), pace(moves, move_rate, begin_ns, end_ns, self._late)
        )
        await self._until(lambda: not any(role.member.waiting for role in self._roles))
        if probing is not None:
            probing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await probing
        self._moved = {}
        for mover in movers if moved else ():
            self._moved.setdefault(mover.board, {})[mover.socket.connection] = mover.moves
        acked = {board: len(log.acked) for board, log in self._logs.items()}
        return {"sent": sent, "moved": moved, "acked": acked, "moves": self._moved}

    async def finish(self, acked: dict[str, int], moves: dict[str, dict[str, int]]) -> Json:
        """Wait for what all processes together had acknowledged and moved; what was seen of it."""
        members = [role.member for role in self._roles]

        def done() -> bool:
            return all(len(log.seen) >= acked[board] for board, log in self._logs.items()) and all(
                member.complete and not self._behind(member, moves) for member in members
            )

        await self._until(done)
        await asyncio.sleep(QUIET_SECONDS)
        faults, seen, age, acks = Faults(), Times(), Times(), Times()
        for log in self._logs.values():
            faults.include(log.verify())
            for whole, part in zip((seen, age), log.times(*self._window), strict=True):
                whole.include(part)
        stale = 0
        for member in members:
            faults.include(member.finish())
            stale += self._behind(member, moves)
            acks.include(member.ack_times)
            seen.include(member.late_seen)
        received, written = (after - before for after, before in zip(self._passed(), self._bytes, strict=True))
        return {
            "members": {board: sum(member.board == board for member in members) for board in self._logs},
            "delivered": sum(member.delivered for member in members),
            "moves_delivered": sum(member.moves_delivered for member in members),
            "stale_positions": stale,
            "faults": faults.written(),
            "digests": {board: log.digest() for board, log in self._logs.items()},
            "ack": acks.written(),
            "seen": seen.written(),
            "age": age.written(),
            "late": self._late.written(),
            "lag": self._lags.written(),
            "bytes_received": received,
            "bytes_sent": written,
        }

    async def close(self) -> Json:
        """Hang up."""
        for role in self._roles:
            role.member.socket.close()
        self._roles = []
        await asyncio.sleep(0)
        return {}

    def _behind(self, member: Member, moves: dict[str, dict[str, int]]) -> int:
        """How many movers' last positions this member was not shown."""
        own, newest = member.socket.connection, member.newest
        last = moves.get(member.board, {})
        return sum(number > newest.get(name, 0) for name, number in last.items() if name != own and number)

    async def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        # An event would have to be set in the hot path of every frame.
        while not done() and time.monotonic() < deadline:  # noqa: ASYNC110 - no event in the measured path
            await asyncio.sleep(POLL_SECONDS)

    def _passed(self) -> tuple[int, int]:
        sockets = [role.member.socket for role in self._roles]
        return sum(socket.received for socket in sockets), sum(socket.sent for socket in sockets)
