"""Reads the whole archive and names what is not as it was written: board, key, kind."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from schemas.boards.append import fold_ops
from schemas.boards.archive import OPS, SNAPSHOTS, ArchivedOp, Segment, state_hash
from schemas.boards.merge import Element
from topics.archive import index
from topics.archive.index import SNAPSHOT_COLUMNS, SegmentRow, SnapshotRow
from topics.archive.reader import ArchiveDamaged, ArchiveReader
from topics.runtime.object_store import ObjectStore

Kind = Literal["missing", "corrupt", "gap", "overlap", "duplicate", "hash", "lost"]
END: Final = 2**62
BOARDS: Final = """
select board_id::text, seq from board_archiver.boards
union
select distinct board_id::text, 0 from board_archiver.segments s
 where not exists (select from board_archiver.boards b where b.board_id = s.board_id)
 order by 1
"""
OF_BOARD: Final = f"""
select {SNAPSHOT_COLUMNS} from board_archiver.snapshots where board_id = $1 order by seq
"""  # noqa: S608 - made of constants
LOST: Final = "select topic, partition, from_offset, to_offset from board_archiver.gaps order by 1, 2, 3"
KEYS: Final = "select key from board_archiver.objects union select key from board_archiver.snapshots"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: of which board, with which object, from op `first` to op `last`."""

    kind: Kind
    board_id: str
    key: str
    first: int
    last: int
    detail: str
    row: SegmentRow | SnapshotRow | None = None

    def __str__(self) -> str:
        """A line for a person."""
        where = f"ops {self.first} to {self.last}" if self.first != self.last else f"op {self.first}"
        return f"board {self.board_id}: {self.kind}: {self.key}: {where}: {self.detail}"


def chain_faults(board_id: str, rows: Sequence[SegmentRow], last: int) -> Iterator[Fault]:
    """What is wrong with the index of a board, which says that it has `last` ops."""
    before: SegmentRow | None = None
    reached = 0
    for row in rows:
        if row.first_seq > reached + 1:
            yield Fault("gap", board_id, row.key, reached + 1, row.first_seq - 1, "no segment holds them")
        elif row.last_seq <= reached:
            yield Fault(
                "duplicate", board_id, row.key, row.first_seq, row.last_seq, "other segments hold them too", row
            )
        elif row.first_seq <= reached:
            yield Fault("overlap", board_id, row.key, row.first_seq, reached, "the segment before holds them too", row)
        elif before is not None and before.generation == row.generation and _place(row) <= _end(before):
            yield Fault(
                "overlap",
                board_id,
                row.key,
                row.first_seq,
                row.last_seq,
                "it stands before its neighbour in the log",
                row,
            )
        reached, before = max(reached, row.last_seq), row
    if reached < last:
        yield Fault("gap", board_id, "the index", reached + 1, last, "no segment holds them")


def _place(row: SegmentRow) -> tuple[int, int]:
    return row.first_offset, row.first_index


def _end(row: SegmentRow) -> tuple[int, int]:
    return row.last_offset, row.last_index


class Verification:
    """Reads everything there is.

    Args:
        source: PostgreSQL as the archiver's role.
        reader: reads segments and snapshots.
        store: S3.
    """

    def __init__(self, source: Any, reader: ArchiveReader, store: ObjectStore) -> None:
        self._source = source
        self._reader = reader
        self._store = store
        self.boards = self.ops = self.snapshots = 0

    async def faults(self, only: str | None = None) -> AsyncIterator[Fault]:
        """Everything that is wrong, board by board; of one board alone, where one is named.

        Raises ObjectStoreError when S3 is away.
        """
        for row in await self._source.fetch(LOST):
            where = f"{row['topic']}/{row['partition']}"
            detail = (
                f"retention removed offsets {row['from_offset']} to {row['to_offset'] - 1} before they were archived"
            )
            yield Fault("lost", f"those of {where}", "the log", row["from_offset"], row["to_offset"] - 1, detail)
        for row in await self._source.fetch(BOARDS):
            if only in (None, row["board_id"]):
                self.boards += 1
                async for fault in self._board(row["board_id"], row["seq"]):
                    yield fault

    async def leftovers(self) -> list[str]:
        """Objects that the index does not name: what a crash left behind, or all there is of a lost index."""
        known = {row["key"] for row in await self._source.fetch(KEYS)}
        return [
            each.key for prefix in (OPS, SNAPSHOTS) async for each in self._store.list(prefix) if each.key not in known
        ]

    async def _board(self, board_id: str, last: int) -> AsyncIterator[Fault]:
        rows = await index.segments(self._source, board_id, 0, END)
        walk = _Walk([SnapshotRow(**row) for row in await self._source.fetch(OF_BOARD, board_id)])
        whole = True
        for fault in chain_faults(board_id, rows, last):
            whole = False
            yield fault
        for row in rows:
            found = await self._segment(row)
            if isinstance(found, Fault):
                whole = False
                yield found
                continue
            self.ops += len(found.ops)
            for taken, hash_ in walk.over(found.ops):
                async for fault in self._snapshot(taken, hash_ if whole else None):
                    yield fault
        for taken in walk.left:
            async for fault in self._snapshot(taken, None):
                yield fault

    async def _segment(self, row: SegmentRow) -> Segment | Fault:
        try:
            [found] = await self._reader.segments([row])
        except ArchiveDamaged as error:
            return _damaged(row, row.first_seq, row.last_seq, error)
        if (found.last.seq, found.first.place, found.last.place) != (row.last_seq, _place(row), _end(row)):
            detail = "it stands elsewhere in the log than the index says"
            return Fault("corrupt", row.board_id, row.key, row.first_seq, row.last_seq, detail, row)
        return found

    async def _snapshot(self, row: SnapshotRow, expected: str | None) -> AsyncIterator[Fault]:
        """Read a snapshot; `expected` is the hash of what the ops come to, None where some of those are not there."""
        self.snapshots += 1
        try:
            found = await self._reader.snapshot(row)
        except ArchiveDamaged as error:
            yield _damaged(row, row.seq, row.seq, error)
            return
        if state_hash(found.elements) != row.state_hash:
            yield Fault("hash", row.board_id, row.key, row.seq, row.seq, "its elements are not those of its hash", row)
        elif expected is not None and expected != row.state_hash:
            yield Fault("hash", row.board_id, row.key, row.seq, row.seq, "the ops come to another state", row)


class _Walk:
    """The state of a board while its ops go by, at each of its snapshots; `left` are those that none led to yet."""

    def __init__(self, snapshots: Sequence[SnapshotRow]) -> None:
        self.left = list(snapshots)
        self._elements: dict[str, Element] = {}
        self._reached = 0

    def over(self, ops: Sequence[ArchivedOp]) -> Iterator[tuple[SnapshotRow, str]]:
        """Go on; the snapshots on the way, each with the hash of what the ops come to there."""
        fresh = [op for op in ops if op.seq > self._reached]
        while self.left and fresh and self.left[0].seq <= fresh[-1].seq:
            taken = self.left.pop(0)
            self._fold([op for op in fresh if op.seq <= taken.seq])
            fresh = [op for op in fresh if op.seq > taken.seq]
            yield taken, state_hash(self._elements)
        self._fold(fresh)

    def _fold(self, ops: Sequence[ArchivedOp]) -> None:
        if ops:
            self._elements = fold_ops([(op.type, op.data) for op in ops], self._elements)
            self._reached = ops[-1].seq


def _damaged(row: SegmentRow | SnapshotRow, first: int, last: int, error: ArchiveDamaged) -> Fault:
    kind: Kind = "missing" if error.detail == "it is missing" else "corrupt"
    return Fault(kind, row.board_id, row.key, first, last, error.detail, row)
