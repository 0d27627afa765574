"""Makes damaged parts of the archive anew: segments from the log, snapshots from segments, the index from the objects."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from consumers.board_archiver.handler import Bundle, Piece, bundle
from consumers.board_archiver.store import ADD_OBJECT, ADD_SEGMENT, ADD_SNAPSHOT, object_row, segment_rows
from consumers.board_archiver.verification import Fault
from schemas.boards import archive_trace
from schemas.boards.append import fold_ops
from schemas.boards.archive import (
    OPS,
    SEGMENT_UNFOLDED_BYTES,
    SNAPSHOTS,
    UNFOLDED_BYTES,
    ArchiveCorrupt,
    ArchivedOp,
    Segment,
    Snapshot,
    archived,
    pack,
    parse_segment,
    parse_snapshot,
    segment,
    snapshot,
    snapshot_key,
    unpack,
    unpack_all,
)
from schemas.boards.archive_trace import microseconds
from topics.archive.index import SegmentRow, SnapshotRow
from topics.archive.reader import ArchiveDamaged, ArchiveReader
from topics.bus.message import Message, Position
from topics.runtime.object_store import ObjectStore

log = structlog.get_logger(__name__)

CONTENT: Final = "application/gzip"
DROP_SEGMENT: Final = "delete from board_archiver.segments where board_id = $1 and first_seq = $2"
DROP_SNAPSHOT: Final = "delete from board_archiver.snapshots where board_id = $1 and seq = $2"
MOVED: Final = """
update board_archiver.segments set key = $3, start = $4, length = $5 where board_id = $1 and first_seq = $2
"""
ADD_BOARD: Final = """
insert into board_archiver.boards (board_id, seq, snapshot_seq) values ($1, $2, $3)
on conflict (board_id) do update set seq = greatest(boards.seq, excluded.seq),
                                     snapshot_seq = greatest(boards.snapshot_seq, excluded.snapshot_seq)
"""
ADD_CHECKPOINT: Final = """
insert into board_archiver.checkpoints as c (topic, partition, generation, next, time) values ($1, $2, $3, $4, $5)
on conflict (topic, partition) do update set next = greatest(c.next, excluded.next), time = greatest(c.time, excluded.time)
 where c.generation = excluded.generation
"""
LAST: Final = "select board_id::text, max(last_seq) as last from board_archiver.segments group by board_id"

# The records of a partition from a position to an offset, as far as the log has them.
Span = Callable[[Position, int], AsyncIterator[Message]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a fault."""

    fault: Fault
    mended: bool
    detail: str


class Repair:
    """Mends what a verification found.

    Args:
        connection: as the archiver's role; the archiver should not be at work while an index is made anew.
        reader: reads what is good.
        store: S3.
        span: reads the log.
    """

    def __init__(self, connection: asyncpg.Connection, reader: ArchiveReader, store: ObjectStore, span: Span) -> None:
        self._connection = connection
        self._reader = reader
        self._store = store
        self._span = span

    async def mend(self, fault: Fault) -> Outcome:
        """Make the damaged part anew, where there is something to make it from."""
        if fault.kind == "duplicate" and isinstance(fault.row, SegmentRow):
            await self._connection.execute(DROP_SEGMENT, fault.board_id, fault.row.first_seq)
            return _mended(fault, "taken out of the index")
        if fault.kind not in ("missing", "corrupt", "hash"):
            return _unmended(fault, "there is nothing to make it from")
        if isinstance(fault.row, SegmentRow):
            return await self._segment(fault, fault.row)
        if isinstance(fault.row, SnapshotRow):
            return await self._snapshot(fault, fault.row)
        return _unmended(fault, "there is nothing to make it from")

    async def _segment(self, fault: Fault, row: SegmentRow) -> Outcome:
        """Read the ops once more from the log, and put them where a new object is."""
        ops: list[ArchivedOp] = []
        start = Position(row.generation, row.partition, row.first_offset)
        async for message in self._span(start, row.last_offset):
            if message.envelope.subject == row.board_id:
                ops += archived(row.generation, row.partition, message.offset, message.data, 0)
        place = (row.first_offset, row.first_index)
        wanted = [op for op in ops if place <= op.place <= (row.last_offset, row.last_index)]
        made = segment(row.board_id, renumbered(wanted, row.first_seq)) if wanted else None
        if made is None or made.hash != row.hash:
            return _unmended(fault, f"the log has {len(wanted)} of its {row.last_seq - row.first_seq + 1} ops left")
        found = bundle([made])
        await self._store.put(found.key, found.body, content_type=CONTENT)
        async with self._connection.transaction():
            await self._connection.execute(ADD_OBJECT, *object_row(found))
            length = len(found.pieces[0].packed)
            await self._connection.execute(MOVED, row.board_id, row.first_seq, found.key, 0, length)
        return _mended(fault, f"read again from the log into {found.key}")

    async def _snapshot(self, fault: Fault, row: SnapshotRow) -> Outcome:
        """Fold the ops once more."""
        try:
            [last] = await self._reader.ops(row.board_id, row.seq - 1, row.seq)
            before = await self._reader.state(row.board_id, row.seq - 1)
        except ArchiveDamaged as error:
            return _unmended(fault, f"the ops before it are damaged: {error}")
        elements = fold_ops([(last.type, last.data)], before.elements)
        found, raw = snapshot(row.board_id, last, elements)
        packed = pack(raw)
        await self._store.put(snapshot_key(found), packed, content_type=CONTENT)
        async with self._connection.transaction():
            await self._connection.execute(DROP_SNAPSHOT, row.board_id, row.seq)
            await self._connection.execute(ADD_SNAPSHOT, *snapshot_row(found, len(packed), len(raw)))
        return _mended(fault, f"made again from the ops: {snapshot_key(found)}")

    async def index(self, topic: str) -> tuple[int, int]:
        """Make the rows anew that objects in S3 call for and that are not there; how many segments and snapshots.

        What a crash left behind holds the same ops under the same numbers, so it may serve as well as anything.
        """
        known = {row["board_id"]: row["last"] for row in await self._connection.fetch(LAST)}
        found: dict[str, list[tuple[Segment, Bundle]]] = {}
        objects: dict[str, Bundle] = {}
        async for each in self._store.list(OPS):
            if each.size > UNFOLDED_BYTES:
                log.warning("an object is too large to be ours", key=each.key, size=each.size)
                continue
            pieces = _pieces(each.key, await self._store.get(each.key, at_most=each.size))
            for piece in pieces:
                one = Bundle(each.key, piece.segment.first.generation, piece.segment.first.partition, [piece])
                found.setdefault(piece.segment.board_id, []).append((piece.segment, one))
            if pieces:
                first = pieces[0].segment.first
                objects[each.key] = Bundle(each.key, first.generation, first.partition, pieces)
        wanted = [one for board_id, of_board in found.items() for one in _chosen(of_board, known.get(board_id, 0))]
        async with self._connection.transaction():
            for key in {one.key for one in wanted}:
                await self._connection.execute(ADD_OBJECT, *object_row(objects[key]))
            for one in wanted:
                await self._connection.executemany(ADD_SEGMENT, segment_rows(one))
                last = one.pieces[0].segment.last
                await self._connection.execute(ADD_BOARD, one.pieces[0].segment.board_id, last.seq, 0)
                await self._connection.execute(
                    ADD_CHECKPOINT, topic, one.partition, one.generation, last.offset + 1, microseconds(last.time)
                )
        return len(wanted), await self._snapshots()

    async def _snapshots(self) -> int:
        known = {row[0] for row in await self._connection.fetch("select key from board_archiver.snapshots")}
        found = 0
        async for each in self._store.list(SNAPSHOTS):
            if each.key in known or each.size > UNFOLDED_BYTES:
                continue
            try:
                raw = unpack(await self._store.get(each.key, at_most=each.size))
                taken = parse_snapshot(raw)
            except ArchiveCorrupt:
                continue
            await self._connection.execute(ADD_SNAPSHOT, *snapshot_row(taken, each.size, len(raw)))
            await self._connection.execute(ADD_BOARD, taken.board_id, 0, taken.seq)
            found += 1
        return found


def _mended(fault: Fault, detail: str) -> Outcome:
    return Outcome(fault, mended=True, detail=detail)


def _unmended(fault: Fault, detail: str) -> Outcome:
    return Outcome(fault, mended=False, detail=detail)


def renumbered(ops: Iterable[ArchivedOp], first: int) -> list[ArchivedOp]:
    """Ops numbered on from `first`."""
    return [
        ArchivedOp(
            first + n, op.generation, op.partition, op.offset, op.index, op.id, op.time, op.actor, op.type, op.data
        )
        for n, op in enumerate(ops)
    ]


def longest(parts: Iterable[tuple[int, int]], *, after: int = 0) -> set[tuple[int, int]]:
    """Of parts (first, last) those that follow each other from `after` + 1 on without gap or overlap, and lead farthest."""
    ways: dict[int, tuple[tuple[int, int], ...]] = {after: ()}
    for first, last in sorted(parts):
        before = ways.get(first - 1)
        if before is not None and (last not in ways or len(before) + 1 < len(ways[last])):
            ways[last] = (*before, (first, last))
    return set(ways[max(ways)])


def snapshot_row(found: Snapshot, size: int, raw_size: int) -> tuple[object, ...]:
    """The row of a snapshot, for ADD_SNAPSHOT."""
    return (
        found.board_id,
        found.seq,
        found.generation,
        found.partition,
        found.offset,
        found.index,
        snapshot_key(found),
        size,
        raw_size,
        len(found.elements),
        found.state_hash,
    )


def _chosen(found: Sequence[tuple[Segment, Bundle]], after: int) -> list[Bundle]:
    """Of all segments of a board those that lead from number `after` as far as they go, each once."""
    parts = {(one.first.seq, one.last.seq): bundle_ for one, bundle_ in found}
    return [parts[part] for part in sorted(longest(parts, after=after))]


def _pieces(key: str, body: bytes) -> list[Piece]:
    """The good segments of an object, up to the first that is damaged."""
    found: list[Piece] = []
    try:
        for start, length, raw in unpack_all(body, SEGMENT_UNFOLDED_BYTES):
            one = parse_segment(raw)
            found.append(Piece(one, start, body[start : start + length], archive_trace.pack(one.ops)))
    except (ArchiveCorrupt, ValueError) as error:
        log.warning("an object is damaged", key=key, reason=str(error))
    return found
