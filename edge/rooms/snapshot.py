"""A board's elements and the cursor that goes on exactly where they end."""

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
from edge.rooms.contained import AWAY, TOPIC, Contained, mark_after
from edge.rooms.cursor import Cursor, CursorInvalid, Cursors
from edge.rooms.room_reader import RoomReader, RoomState
from edge.rooms.sharing import Sharing
from edge.rooms.subscriber import AWAY as REDIS_AWAY
from topics.bus.generations import Generation
from topics.bus.message import Position
from topics.bus.publish import partition_for
from topics.errors import Unavailable
from topics.rooms.mark import Mark

FRESH_SECONDS = 60
CONTAINED_SECONDS = 5.0
KEPT_SECONDS = 2.0
KEPT_BYTES = 32 * 1024 * 1024
BOARDS = 10_000

# One statement sees one state of the database: the checkpoint belongs to the elements. PostgreSQL joins the bodies, so
# nobody parses them.
PLACE = "(select {} from board_store.checkpoints_v1 where topic = $2 and partition = $3)"
JOINED = "(select convert_to(coalesce(string_agg(body, ',' order by ordering, id), ''), 'UTF8')"
HEAD = f"select {PLACE.format('generation')} as generation, {PLACE.format('next')} as next, {JOINED}"
LIVE = f"{HEAD} from board_store.elements_v1 where board_id = $1 and not deleted) as elements"
CHANGED = f"""{HEAD} from board_store.elements_v1
 where board_id = $1 and ($4::text is null or (generation = $4 and next_offset > $5))) as elements"""

log = structlog.get_logger(__name__)


class PartitionEnds(Protocol):
    """Where the log of a partition begins and ends (topics.bus.ends.Ends)."""

    async def of(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset, next offset. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Elements as a JSON array, and where they stand.

    `cursor`, `position` are tokens; `epoch` is None when Redis was away, then the cursor is a position alone.
    `complete`: all that live; else what changed, tombstones too.
    """

    epoch: str | None
    seq: int
    cursor: str
    position: str
    complete: bool
    elements: bytes

    def json(self, board_id: str) -> bytes:
        """The answer of `GET /api/boards/{id}/elements`."""
        head = {
            "board_id": board_id,
            "epoch": self.epoch,
            "cursor": self.cursor,
            "position": self.position,
            "complete": self.complete,
        }
        return orjson.dumps(head)[:-1] + b',"elements":' + self.elements + b"}"


@dataclass(frozen=True, slots=True)
class _Content:
    mark: Mark
    elements: bytes

    def __len__(self) -> int:
        return len(self.elements)


class Snapshots:
    """Reads boards from the store, each state once however many ask.

    Args:
        pool: PostgreSQL as the edge's role.
        redis: where rooms are.
        cursors: writes the tokens.
        generation: of boards.ops.
        ends: where partitions end, for rooms that do not know how far they are.
        wait_seconds: how long a read waits for the store to contain what the room has shown.
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
        self._sharing: Sharing[_Content] = Sharing(kept_seconds=KEPT_SECONDS, kept_size=KEPT_BYTES)
        self._floors: Bounded[str, int] = Bounded(BOARDS)
        self._marks: Bounded[tuple[str, str], Mark] = Bounded(BOARDS)

    async def read(self, board_id: str) -> Snapshot:
        """All live elements. Raises ApiError `unavailable`: the store is away or too far behind the rooms."""
        return await self._read(board_id, None)

    async def delta(self, board_id: str, since: Cursor) -> Snapshot:
        """What changed since a cursor, tombstones too; everything when the cursor knows no place. Raises as `read`."""
        return await self._read(board_id, since)

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

    async def _read(self, board_id: str, since: Cursor | None) -> Snapshot:
        room = f"board:{board_id}"
        # The order is everything: first the room, then elements that contain all that was shown in it until then.
        state = await self._state(room)
        wanted = await self._wanted(room, state, board_id)
        if wanted is None:
            state = None
        else:
            await self._wait(wanted, self._wait_seconds)
        after = None if since is None else since.mark
        key = (board_id, state, since is None, after)
        content = await self._sharing.get(key, lambda: self._load(board_id, complete=since is None, after=after))
        if content.mark.next < (self._floors.get(board_id) or 0):
            content = await self._load(board_id, complete=since is None, after=after)
        return self._snapshot(room, state, content, complete=since is None)

    def _snapshot(self, room: str, state: RoomState | None, content: _Content, *, complete: bool) -> Snapshot:
        epoch, seq = (None, 0) if state is None else (state.epoch, state.seq)
        cursor = Cursor(room, epoch, seq, content.mark, int(self._now_ms()) + FRESH_SECONDS * 1000)
        last = Position(content.mark.generation, content.mark.partition, content.mark.next - 1)
        return Snapshot(
            epoch=epoch,
            seq=seq,
            cursor=self._cursors.encode(cursor),
            position=self._cursors.encode_position(room.removeprefix("board:"), last),
            complete=complete,
            elements=content.elements,
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

    async def _load(self, board_id: str, *, complete: bool, after: Mark | None) -> _Content:
        partition = self._partition(board_id)
        # A cursor of another life of the log says nothing about this one: everything.
        known = after is not None and after.generation == self._generation.generation
        bounds = () if complete else (after.generation, after.next) if after is not None and known else (None, 0)
        try:
            row = await self._pool.fetchrow(LIVE if complete else CHANGED, board_id, TOPIC, partition, *bounds)
        except AWAY as error:
            raise ApiError("unavailable", "The stored elements cannot be read now.") from error
        mark = Mark(row["generation"] or self._generation.generation, partition, row["next"] or 0)
        return _Content(mark, b"[" + row["elements"] + b"]")

    def _partition(self, board_id: str) -> int:
        return partition_for(board_id.encode(), self._generation.partitions)
