"""States and ops of boards, read from objects: the nearest snapshot and the segments that follow."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from schemas.boards.append import fold_ops
from schemas.boards.archive import ArchiveCorrupt, ArchivedOp, Segment, Snapshot, parse_segment, parse_snapshot, unpack
from schemas.boards.merge import Element
from topics.archive import index
from topics.archive.index import SegmentRow, SnapshotRow, Source
from topics.errors import DoskaError
from topics.runtime.object_store import ObjectMissing, ObjectStore, ObjectTooLarge, ObjectTooShort

AT_ONCE: Final = 8
# Neighbours in one object are read with one request, as long as what lies between them is not worth a second one.
JOINED_BYTES: Final = 64 * 1024


class ArchiveDamaged(DoskaError):
    """An object of the archive is missing or not what was written."""

    def __init__(self, board_id: str, key: str, detail: str) -> None:
        super().__init__(f"board {board_id}: {key}: {detail}")
        self.board_id = board_id
        self.key = key
        self.detail = detail


class Cache(Protocol):
    """Remembers texts of objects; they never change."""

    def get(self, key: tuple[str, int]) -> bytes | None:
        """The text that was put there; None when it is not held (any more)."""

    def put(self, key: tuple[str, int], value: bytes, size: int) -> None:
        """Keep a text that takes `size` bytes."""


class NoCache:
    """Remembers nothing."""

    def get(self, _key: tuple[str, int]) -> bytes | None:
        """Nothing."""
        return None

    def put(self, _key: tuple[str, int], _value: bytes, _size: int) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """Every element after op `seq`, tombstones included."""

    seq: int
    elements: dict[str, Element]


class ArchiveReader:
    """Reads what the index leads to.

    Args:
        source: PostgreSQL as a role that sees the archiver's views.
        store: where the objects are.
        cache: what remembers their texts.
    """

    def __init__(self, source: Source, store: ObjectStore, cache: Cache | None = None) -> None:
        self._source = source
        self._store = store
        self._cache: Cache = cache or NoCache()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def state(self, board_id: str, seq: int, base: State | None = None) -> State:
        """A board after its op `seq`; from `base` where that is nearer than a snapshot.

        Raises ArchiveDamaged, and ObjectStoreError when the store is away.
        """
        if seq == 0:
            return State(0, {})
        damaged: list[str] = []
        while True:
            row = await index.snapshot(self._source, board_id, seq, damaged)
            if base is not None and base.seq <= seq and (row is None or row.seq <= base.seq):
                start = base
                break
            if row is None:
                start = State(0, {})
                break
            try:
                found = await self.snapshot(row)
            except ArchiveDamaged:
                # An earlier one and more ops lead to the same.
                damaged.append(row.key)
                continue
            start = State(row.seq, dict(found.elements))
            break
        ops = await self.ops(board_id, start.seq, seq)
        elements = await asyncio.to_thread(fold_ops, [(op.type, op.data) for op in ops], start.elements)
        return State(seq, elements)

    async def ops(self, board_id: str, after: int, until: int) -> list[ArchivedOp]:
        """The ops after number `after` until number `until`, in the order of the log. Raises as `state`."""
        if after >= until:
            return []
        try:
            return await self._ops(board_id, await index.segments(self._source, board_id, after, until), after, until)
        except ArchiveDamaged:
            # It may have been merged into another one since the index was read.
            return await self._ops(board_id, await index.segments(self._source, board_id, after, until), after, until)

    async def some(self, board_id: str, wanted: Collection[int]) -> list[ArchivedOp]:
        """Single ops by their numbers, in the order of the log. Raises as `state`."""
        try:
            found = await self.segments(await self._with(board_id, wanted))
        except ArchiveDamaged:
            # See `ops`.
            found = await self.segments(await self._with(board_id, wanted))
        return [op for each in found for op in each.ops if op.seq in wanted]

    async def _with(self, board_id: str, wanted: Collection[int]) -> list[SegmentRow]:
        """The segments that hold some of these ops."""
        rows = await index.segments(self._source, board_id, min(wanted) - 1, max(wanted))
        return [row for row in rows if any(row.first_seq <= seq <= row.last_seq for seq in wanted)]

    async def _ops(self, board_id: str, rows: Sequence[SegmentRow], after: int, until: int) -> list[ArchivedOp]:
        expected = after + 1
        for row in rows:
            if row.first_seq > expected:
                break
            expected = row.last_seq + 1
        if expected <= until:
            raise ArchiveDamaged(board_id, "the index", f"op {expected} is in no segment")
        found = [op for each in await self.segments(rows) for op in each.ops]
        return [op for op in found if after < op.seq <= until]

    async def snapshot(self, row: SnapshotRow) -> Snapshot:
        """A snapshot, as it was written."""
        raw = self._cache.get((row.key, 0))
        if raw is None:
            packed = await self._read(row.board_id, row.key, 0, row.bytes)
            raw = await self._unfolded(row, packed)
            self._cache.put((row.key, 0), raw, len(raw))
        try:
            # Its hash is checked by `doska boards verify`: it costs as much again as all the rest.
            found = await asyncio.to_thread(parse_snapshot, raw, checked=False)
        except ArchiveCorrupt as error:
            raise ArchiveDamaged(row.board_id, row.key, str(error)) from error
        if (found.board_id, found.seq, found.state_hash) != (row.board_id, row.seq, row.state_hash):
            raise ArchiveDamaged(row.board_id, row.key, "it is another snapshot than the index says")
        return found

    async def segments(self, rows: Sequence[SegmentRow]) -> list[Segment]:
        """Segments, as they were written, in the order of the rows."""
        texts: dict[tuple[str, int], bytes] = {}
        wanted = []
        for row in rows:
            known = self._cache.get((row.key, row.start))
            if known is None:
                wanted.append(row)
            else:
                texts[row.key, row.start] = known
        for fresh in await asyncio.gather(*(self._group(each) for each in grouped(wanted))):
            texts |= fresh
            for place, raw in fresh.items():
                self._cache.put(place, raw, len(raw))
        return await asyncio.to_thread(lambda: [_parsed(row, texts[row.key, row.start]) for row in rows])

    async def _group(self, rows: Sequence[SegmentRow]) -> dict[tuple[str, int], bytes]:
        first, last = rows[0], rows[-1]
        body = await self._read(first.board_id, first.key, first.start, last.start + last.length - first.start)
        return {
            (row.key, row.start): await self._unfolded(
                row, body[row.start - first.start : row.start - first.start + row.length]
            )
            for row in rows
        }

    async def _read(self, board_id: str, key: str, start: int, length: int) -> bytes:
        async with self._turns:
            try:
                return await self._store.get(key, start=start, length=length, at_most=length)
            except ObjectMissing as error:
                raise ArchiveDamaged(board_id, key, "it is missing") from error
            except ObjectTooLarge as error:
                raise ArchiveDamaged(board_id, key, "it gave more than was asked for") from error
            except ObjectTooShort as error:
                raise ArchiveDamaged(board_id, key, "it ends too early") from error

    async def _unfolded(self, row: SegmentRow | SnapshotRow, packed: bytes) -> bytes:
        """The text, which may be as long as the index says: whoever can write into the bucket could put a bomb there."""
        try:
            return await asyncio.to_thread(unpack, packed, row.raw_bytes)
        except ArchiveCorrupt as error:
            raise ArchiveDamaged(row.board_id, row.key, str(error)) from error


def grouped(rows: Sequence[SegmentRow]) -> list[list[SegmentRow]]:
    """Segments that are read with one request each: neighbours in the same object."""
    found: list[list[SegmentRow]] = []
    for row in sorted(rows, key=lambda each: (each.key, each.start)):
        last = found[-1][-1] if found else None
        if last is not None and last.key == row.key and row.start - (last.start + last.length) <= JOINED_BYTES:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _parsed(row: SegmentRow, raw: bytes) -> Segment:
    try:
        found = parse_segment(raw)
    except ArchiveCorrupt as error:
        raise ArchiveDamaged(row.board_id, row.key, str(error)) from error
    if (found.board_id, found.first.seq, found.hash) != (row.board_id, row.first_seq, row.hash):
        raise ArchiveDamaged(row.board_id, row.key, "it is another segment than the index says")
    return found
