"""States of boards as they were, their ops and their history, no older than what was asked for."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import orjson
import structlog

from edge.archive.fitting import fitting, fitting_some
from edge.errors import ApiError
from edge.rooms.bounded_bytes import BoundedBytes
from edge.rooms.contained import TOPIC
from edge.rooms.cursor import CursorInvalid
from edge.rooms.snapshot import PartitionEnds
from schemas.boards.archive import ArchivedOp
from schemas.boards.archive_history import Bucket, TracePart, history
from schemas.boards.archive_trace import EPOCH, MICROSECOND
from schemas.boards.merge import Element
from topics.archive import index
from topics.archive.index import Traced
from topics.archive.reader import ArchiveDamaged, ArchiveReader, State
from topics.bus.generations import Generation
from topics.bus.message import Position
from topics.bus.publish import partition_for
from topics.errors import Unavailable
from topics.rooms.mark import Mark
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.object_store import ObjectStore, ObjectStoreAway, ObjectStoreError

WAIT_SECONDS: Final = 5.0
# For everything that a request reads after that, its wait for a turn included.
READ_SECONDS: Final = 10.0
# S3 did not answer: whoever comes so soon after that is told so without asking it again.
AWAY_SECONDS: Final = 3.0
ASK_SECONDS: Final = 0.05
# Edges' clocks differ, and so do the times of ops that stand side by side in the log.
SETTLED_MICROSECONDS: Final = 60_000_000
TEXTS_BYTES: Final = 64 * 1024 * 1024
STATES_BYTES: Final = 64 * 1024 * 1024
# An element as Python's objects is so many times larger than its text.
UNPACKED: Final = 6
AT_ONCE: Final = 4

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Past:
    """A board after its op number `seq`, which stands at `position`; 0 and None before its first.

    `elements`: by id, tombstones included. Not to be changed: others may be given the same.
    """

    board_id: str
    seq: int
    position: Position | None
    elements: dict[str, Element]


class Pasts:
    """Reads the archive for whoever asks.

    Everything raises ApiError `unavailable`: the archive is behind for longer than `wait_seconds`, or a part is away;
    and `gone`: what was asked for was never archived. A position raises CursorInvalid where it is of another log.

    Args:
        pool: PostgreSQL as the edge's role.
        store: S3.
        generation: of boards.ops.
        ends: where partitions end.
        wait_seconds: how long to wait for the archiver.
        read_seconds: how long a read may take, beside that.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        store: ObjectStore,
        generation: Generation,
        ends: PartitionEnds,
        *,
        wait_seconds: float = WAIT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._pool = pool
        self._generation = generation
        self._ends = ends
        self._wait_seconds = wait_seconds
        self._read_seconds = read_seconds
        self._reader = ArchiveReader(pool, store, BoundedBytes(TEXTS_BYTES))
        self._states: BoundedBytes[str, State] = BoundedBytes(STATES_BYTES)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._away_until = 0.0

    async def state_at(self, board_id: str, at: Position | datetime) -> Past:
        """A board with everything up to a position or a time, included."""
        async with self._reading(board_id):
            return await self._past(board_id, await self._seq(board_id, at))

    async def state_of(self, board_id: str, seq: int) -> Past:
        """A board after its op of that number, which must be archived already (`seq_at` waits for it)."""
        async with self._reading(board_id):
            return await self._past(board_id, seq)

    def beginning(self, board_id: str) -> Mark:
        """The place before everything that the log holds of a board now."""
        return Mark(self._generation.generation, partition_for(board_id.encode(), self._generation.partitions), 0)

    async def seq_at(self, board_id: str, at: Position | datetime) -> int:
        """The number of the last op up to a position or a time, included; 0 before the first."""
        async with self._reading(board_id):
            return await self._seq(board_id, at)

    async def position_at(self, board_id: str, at: datetime) -> Position | None:
        """Where the last op up to a time stands; None before the first."""
        async with self._reading(board_id):
            seq = await self._seq(board_id, at)
            return await index.position_of(self._pool, board_id, seq) if seq else None

    async def ops(self, board_id: str, after: int, until: int, *, newest: bool) -> Sequence[ArchivedOp]:
        """The ops after number `after` until number `until`, in the order of the log.

        As many of the first as one answer may weigh, or of the last with `newest`; at least one.
        """
        async with self._reading(board_id), self._turn():
            rows = await index.segments(self._pool, board_id, after, until)
            return await self._reader.ops(board_id, *fitting(rows, after, until, newest=newest))

    async def some_ops(self, board_id: str, numbers: Sequence[int]) -> Sequence[ArchivedOp]:
        """The first of these ops, as many as one answer may weigh and at least one, in the order of the log."""
        async with self._reading(board_id), self._turn():
            rows = await index.segments(self._pool, board_id, min(numbers) - 1, max(numbers))
            return await self._reader.some(board_id, fitting_some(rows, numbers))

    async def numbers_by(
        self, board_id: str, actor: str, after: int, until: int, limit: int, *, newest: bool
    ) -> list[int]:
        """The numbers of somebody's first or last ops after number `after` until `until`; the newest first if asked."""
        async with self._reading(board_id):
            rows = await index.traced(self._pool, board_id, after, until)
            return await asyncio.to_thread(_numbers_by, rows, actor, after, until, limit, newest=newest)

    async def history(self, board_id: str, start: datetime, end: datetime, buckets: int) -> Sequence[Bucket]:
        """What was done in a board from `start` until before `end`, in buckets of equal length."""
        first, last = (start - EPOCH) // MICROSECOND, (end - EPOCH) // MICROSECOND
        async with self._reading(board_id):
            await self._wait_time(board_id, last)
            rows = await index.traces(self._pool, board_id, last)
            parts = [TracePart(row.generation, row.partition, row.first_seq, row.trace) for row in rows]
            return await asyncio.to_thread(history, parts, first, last, buckets)

    @asynccontextmanager
    async def _reading(self, board_id: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._wait_seconds + self._read_seconds) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise ApiError("unavailable", "The archive's index cannot be read now.") from error
            log.warning("the archive cannot be read in time", board_id=board_id)
            raise ApiError("unavailable", "The archive is too slow now; try again in a moment.") from error
        except POSTGRES_AWAY as error:
            raise ApiError("unavailable", "The archive's index cannot be read now.") from error
        except ObjectStoreError as error:
            if isinstance(error, ObjectStoreAway):
                self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("the archive cannot be read", board_id=board_id, key=error.key, reason=error.detail)
            raise ApiError("unavailable", "The archive cannot be read now.") from error
        except ArchiveDamaged as error:
            log.warning("the archive is damaged", board_id=error.board_id, key=error.key, reason=error.detail)
            raise ApiError(
                "unavailable",
                "This part of the board's past is damaged; an operator can repair it: doska boards verify.",
            ) from error

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A turn to read objects. Raises ApiError `unavailable` while S3 is away: a crowd would wait in line for nothing."""
        async with self._turns:
            if time.monotonic() < self._away_until:
                raise ApiError("unavailable", "The archive cannot be read now.", retry_after=AWAY_SECONDS)
            yield

    async def _past(self, board_id: str, seq: int) -> Past:
        position = await index.position_of(self._pool, board_id, seq) if seq else None
        known = self._states.get(board_id)
        if known is None or known.seq != seq:
            async with self._turn():
                known = await self._reader.state(board_id, seq, known)
                size = await asyncio.to_thread(lambda found: len(orjson.dumps(found)), known.elements)
            self._states.put(board_id, known, size * UNPACKED)
        return Past(board_id, seq, position, known.elements)

    async def _seq(self, board_id: str, at: Position | datetime) -> int:
        if isinstance(at, datetime):
            moment = (at - EPOCH) // MICROSECOND
            await self._wait_time(board_id, moment)
            return await index.seq_at_time(self._pool, board_id, moment)
        partition = partition_for(board_id.encode(), self._generation.partitions)
        if at.partition != partition:
            raise CursorInvalid("it is of another log")
        if at.generation == self._generation.generation:
            await self._wait(partition, at.offset + 1)
        if await index.gap_at(self._pool, TOPIC, at) is not None:
            raise ApiError("gone", "What was drawn then was removed from the log before it was archived.")
        seq = await index.seq_at(self._pool, board_id, at)
        if seq is None and at.generation != self._generation.generation:
            raise ApiError("gone", "This position is of an earlier life of the log, of which nothing was archived.")
        return await index.last_seq(self._pool, board_id) if seq is None else seq

    async def _wait_time(self, board_id: str, moment: int) -> None:
        """Wait until every op up to a moment is archived that is in the log now."""
        partition = partition_for(board_id.encode(), self._generation.partitions)
        stood = await index.contained(self._pool, TOPIC, partition)
        if stood is not None and moment + SETTLED_MICROSECONDS <= stood.time:
            return
        try:
            first, end = await self._ends.of(TOPIC, partition)
        except Unavailable as error:
            raise ApiError("unavailable", "The log does not say how far it goes.") from error
        if first != end:
            await self._wait(partition, end)

    async def _wait(self, partition: int, following: int) -> None:
        """Wait until a partition is archived up to an offset."""
        deadline = time.monotonic() + self._wait_seconds
        while following > 0:
            stood = await index.contained(self._pool, TOPIC, partition)
            if stood is not None and stood.generation == self._generation.generation and stood.next >= following:
                return
            if time.monotonic() >= deadline:
                raise ApiError("unavailable", "The archive is behind; try again in a moment.")
            await asyncio.sleep(ASK_SECONDS)


def _numbers_by(rows: Sequence[Traced], actor: str, after: int, until: int, limit: int, *, newest: bool) -> list[int]:
    found: list[int] = []
    for row in reversed(rows) if newest else rows:
        actors = row.trace.actors
        for i in range(len(actors) - 1, -1, -1) if newest else range(len(actors)):
            seq = row.first_seq + i
            if actors[i] == actor and after < seq <= until:
                found.append(seq)
                if len(found) == limit:
                    return found
    return found
