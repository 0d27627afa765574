"""A board's elements and the cursor that goes on exactly where they end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import orjson
import structlog
from redis.asyncio import Redis

from edge.errors import ApiError
from edge.rooms.bounded import Bounded
from edge.rooms.bounded_bytes import BoundedBytes
from edge.rooms.contained import TOPIC, Contained, mark_after
from edge.rooms.contents import Content, Contents
from edge.rooms.cursor import Cursor, CursorInvalid, Cursors
from edge.rooms.encoded import Encoded
from edge.rooms.room_reader import RoomReader, RoomState
from edge.rooms.sharing import Rounds, Sharing
from edge.rooms.subscriber import AWAY as REDIS_AWAY
from topics.bus.generations import Generation
from topics.bus.message import LAST_INDEX, Position
from topics.bus.publish import partition_for
from topics.errors import Unavailable
from topics.rooms.mark import Mark

# A cursor is good for this long after it was given; a snapshot is given again while that is left of its own.
FRESH_SECONDS = 60
REUSED_SECONDS = 30
# Facts move a room without moving its elements: whoever joins since an old cursor is shown them all again.
REUSED_EVENTS = 200
# What the store no longer has at all is in no list of changes.
REREAD_SECONDS = 600.0
CONTAINED_SECONDS = 5.0
KEPT_SECONDS = 2.0
KEPT_BYTES = 32 * 1024 * 1024
CACHED_BYTES = 256 * 1024 * 1024
# Elements are held in pieces for the next delta, joined, and compressed to a fifth; a piece has a key and an object.
BYTES_OF_AN_ELEMENT = 300
BOARDS = 10_000
LOADS = 5

log = structlog.get_logger(__name__)


class PartitionEnds(Protocol):
    """Where the log of a partition begins and ends (topics.bus.ends.Ends)."""

    async def of(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset, next offset. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Elements, and where they stand.

    `cursor`, `position` are tokens; `epoch` is None when Redis was away, then the cursor is a position alone.
    `complete`: all that live; else what changed, tombstones too. `given_at`: seconds since the epoch.
    """

    epoch: str | None
    seq: int
    cursor: str
    position: str
    complete: bool
    given_at: float
    content: Content
    encoded: Encoded

    @property
    def elements(self) -> bytes:
        """A JSON array."""
        return self.content.elements

    def holds(self, state: RoomState, wanted: Mark, floor: int, now: float) -> bool:
        """Whether it is as good as one read now, for a room that stands at `state`."""
        mark = self.content.mark
        return (
            self.epoch == state.epoch
            and mark.generation == wanted.generation
            and mark.next >= max(wanted.next, floor)
            and state.seq - self.seq <= REUSED_EVENTS
            and now - self.given_at <= REUSED_SECONDS
        )


@dataclass(frozen=True, slots=True)
class _Cached:
    """`read_at`: when all of it was read, the changes since aside."""

    snapshot: Snapshot
    read_at: float


class Snapshots:
    """Reads boards from the store, each state once however many ask.

    Args:
        pool: PostgreSQL as the edge's role.
        redis: where rooms are.
        cursors: writes the tokens.
        generation: of boards.ops.
        ends: where partitions end, for rooms that do not know how far they are.
        wait_seconds: how long a read waits for the store to contain what the room has shown.
        cached_bytes: how much the snapshots weigh that are kept for the next who asks.
        now_ms: the wall clock.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        redis: Redis,
        cursors: Cursors,
        generation: Generation,
        ends: PartitionEnds,
        *,
        wait_seconds: float = CONTAINED_SECONDS,
        cached_bytes: int = CACHED_BYTES,
        now_ms: Callable[[], float] = lambda: time.time() * 1000,
    ) -> None:
        self._pool = pool
        self._reader = RoomReader(redis)
        self._cursors = cursors
        self._generation = generation
        self._ends = ends
        self._wait_seconds = wait_seconds
        self._now_ms = now_ms
        self._contained = Contained(pool)
        self._contents = Contents(pool, generation)
        self._states: Rounds[RoomState | None] = Rounds()
        self._sharing: Sharing[Content] = Sharing(kept_seconds=KEPT_SECONDS, kept_size=KEPT_BYTES)
        self._cache: BoundedBytes[str, _Cached] = BoundedBytes(cached_bytes)
        self._loading: dict[str, asyncio.Task[Snapshot]] = {}
        self._floors: Bounded[str, int] = Bounded(BOARDS)
        self._marks: Bounded[tuple[str, str], Mark] = Bounded(BOARDS)

    async def read(self, board_id: str) -> Snapshot:
        """All live elements: one that was given a moment ago, while it holds all that the room has shown.

        Raises ApiError `unavailable`: the store is away or too far behind the rooms.
        """
        room, state, wanted = await self._place(board_id)
        if state is None or wanted is None:
            content = await self._shared(board_id, None, complete=True)
            return self._snapshot(room, None, content, complete=True)
        waited = False
        for _ in range(LOADS):
            cached, floor = self._cache.get(board_id), self._floors.get(board_id) or 0
            if cached is not None and cached.snapshot.holds(state, wanted, floor, self._now_ms() / 1000):
                return cached.snapshot
            if not waited:
                await self._wait(wanted, self._wait_seconds)
                waited = True
                continue
            snapshot = await self._load_once(board_id, room, state)
            if snapshot.holds(state, wanted, floor, self._now_ms() / 1000):
                return snapshot
        raise ApiError("unavailable", "The board changes too fast to be read; try again in a moment.")

    async def delta(self, board_id: str, since: Cursor) -> Snapshot:
        """What changed since a cursor, tombstones too; everything when the cursor knows no place. Raises as `read`."""
        room, state, wanted = await self._place(board_id)
        if wanted is None:
            state = None
        else:
            await self._wait(wanted, self._wait_seconds)
        content = await self._shared(board_id, since.mark, complete=False, state=state)
        return self._snapshot(room, state, content, complete=False)

    async def contains(self, board_id: str, position: Position, seconds: float = CONTAINED_SECONDS) -> None:
        """Return when every later read contains the position.

        Raises:
            CursorInvalid: the position is of another life of the log.
            ApiError: `unavailable`, it is not contained in time.
        """
        if position.generation != self._generation.generation or position.partition != self._partition(board_id):
            raise CursorInvalid("it is of another log")
        await self._wait(mark_after(position), seconds)
        self._floors.put(board_id, max(position.offset + 1, self._floors.get(board_id) or 0))

    async def _place(self, board_id: str) -> tuple[str, RoomState | None, Mark | None]:
        """Where the room stands, and what elements must contain that are given with it.

        The order is everything: first the room, then elements that contain all that was shown in it until then.
        """
        room = f"board:{board_id}"
        state = await self._states.get(room, lambda: self._state(room))
        return room, state, await self._wanted(room, state, board_id)

    async def _load_once(self, board_id: str, room: str, state: RoomState) -> Snapshot:
        """A snapshot loaded now, for whoever waits for one of this board; it was begun now or is under way."""
        task = self._loading.get(board_id)
        if task is None:
            task = self._loading[board_id] = asyncio.create_task(self._load(board_id, room, state), name="snapshot")
            task.add_done_callback(lambda _: self._loading.pop(board_id))
        # One who goes away must not take it from the others.
        return await asyncio.shield(task)

    async def _load(self, board_id: str, room: str, state: RoomState) -> Snapshot:
        cached, now = self._cache.get(board_id), self._now_ms() / 1000
        if cached is None or now - cached.read_at > REREAD_SECONDS:
            content, read_at = await self._contents.living(board_id), now
        else:
            content, read_at = await self._contents.refreshed(board_id, cached.snapshot.content), cached.read_at
        snapshot = self._snapshot(room, state, content, complete=True)
        weight = len(content) * 11 // 5 + len(content.ids) * BYTES_OF_AN_ELEMENT
        self._cache.put(board_id, _Cached(snapshot, read_at), weight)
        return snapshot

    async def _shared(
        self, board_id: str, after: Mark | None, *, complete: bool, state: RoomState | None = None
    ) -> Content:
        async def load() -> Content:
            return await (self._contents.living(board_id) if complete else self._contents.changed(board_id, after))

        content = await self._sharing.get((board_id, state, complete, after), load)
        return await load() if content.mark.next < (self._floors.get(board_id) or 0) else content

    def _snapshot(self, room: str, state: RoomState | None, content: Content, *, complete: bool) -> Snapshot:
        epoch, seq = (None, 0) if state is None else (state.epoch, state.seq)
        now_ms, board_id = int(self._now_ms()), room.removeprefix("board:")
        fresh = FRESH_SECONDS + (REUSED_SECONDS if complete else 0)
        cursor = self._cursors.encode(Cursor(room, epoch, seq, content.mark, now_ms + fresh * 1000))
        last = Position(content.mark.generation, content.mark.partition, content.mark.next - 1, LAST_INDEX)
        position = self._cursors.encode_position(board_id, last)
        head = {
            "board_id": board_id,
            "epoch": epoch,
            "cursor": cursor,
            "position": position,
            "contains": {"log": content.mark.generation, "next": content.mark.next},
            "complete": complete,
        }
        return Snapshot(
            epoch=epoch,
            seq=seq,
            cursor=cursor,
            position=position,
            complete=complete,
            given_at=now_ms / 1000,
            content=content,
            encoded=Encoded(orjson.dumps(head), content.elements),
        )

    async def _state(self, room: str) -> RoomState | None:
        try:
            [state] = await self._reader.open([room])
        except REDIS_AWAY as error:
            log.info("a snapshot has no room", room=room, reason=repr(error))
            return None
        return state

    async def _wanted(self, room: str, state: RoomState | None, board_id: str) -> Mark | None:
        """What the elements must contain for a cursor of the state; None when that is not known."""
        if state is None:
            return None
        if state.mark is not None and state.mark.generation == self._generation.generation:
            return state.mark
        # The room is new, or Redis lost it: what was shown before its epoch began is somewhere before the end of the log.
        known = self._marks.get((room, state.epoch))
        if known is not None:
            return known
        partition = self._partition(board_id)
        try:
            first, end = await self._ends.of(TOPIC, partition)
        except Unavailable as error:
            log.info("a snapshot has no place", room=room, reason=str(error))
            return None
        mark = Mark(self._generation.generation, partition, 0 if first == end else end)
        self._marks.put((room, state.epoch), mark)
        return mark

    async def _wait(self, wanted: Mark, seconds: float) -> None:
        if not await self._contained.wait(wanted, seconds):
            raise ApiError("unavailable", "The stored elements are behind; try again in a moment.")

    def _partition(self, board_id: str) -> int:
        return partition_for(board_id.encode(), self._generation.partitions)
