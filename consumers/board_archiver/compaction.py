"""Many small objects become few large ones: written first, then switched in the index, deleted an hour later."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from consumers.board_archiver.handler import Bundle, bundle, cut
from consumers.board_archiver.objects import put_once
from consumers.board_archiver.store import ADD_OBJECT, ADD_SEGMENT, object_row, segment_rows
from schemas.boards.archive import ArchivedOp, Segment
from topics.archive.index import SEGMENT_COLUMNS, SegmentRow
from topics.archive.reader import ArchiveDamaged, ArchiveReader
from topics.runtime.object_store import ObjectStore

# An object of that weight is merged no more. Ops compress to a tenth and less: an object weighs what it has, or a tenth of
# what it unfolds to, since a merge holds all of that in memory, and somebody may draw what compresses a thousandfold.
MERGED_BYTES: Final = 4 * 1024 * 1024
# Fewer wait for more to come.
LEAST_OBJECTS: Final = 8
SETTLED: Final = "10 minutes"
# Longer than anybody reads by an index that he has read before.
RETIRED: Final = "1 hour"
OBJECTS: Final = """
select key, generation, partition, first_offset, last_offset,
       greatest(bytes, (select coalesce(sum(raw_bytes), 0)::bigint / 10 from board_archiver.segments
                         where segments.key = objects.key)) as bytes
  from board_archiver.objects
 where retired_at is null and created_at <= now() - $1::text::interval
 order by generation, partition, first_offset, last_offset
"""
ROWS: Final = f"""
select {SEGMENT_COLUMNS} from board_archiver.segments where key = any($1) order by board_id, first_seq
"""  # noqa: S608 - made of constants
LOCKED: Final = "select count(*) from (select from board_archiver.segments where key = any($1) for update) as locked"
DROP: Final = "delete from board_archiver.segments where key = any($1)"
RETIRE: Final = "update board_archiver.objects set retired_at = now() where key = any($1)"
OLD: Final = """
select key from board_archiver.objects where retired_at <= now() - $1::text::interval
   and not exists (select from board_archiver.segments s where s.key = objects.key) order by key
"""
FORGET: Final = "delete from board_archiver.objects where key = any($1) and retired_at is not null"
ALONE: Final = "select pg_try_advisory_lock(hashtext('board_archiver.compaction'))"


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """An object of segments in the index; `bytes` is its weight."""

    key: str
    generation: str
    partition: int
    first_offset: int
    last_offset: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Compacted:
    """What was done."""

    merged: int = 0
    into: int = 0
    deleted: int = 0
    damaged: Sequence[ArchiveDamaged] = ()


def plan(
    objects: Iterable[ObjectRow], *, least: int = LEAST_OBJECTS, most: int = MERGED_BYTES
) -> list[list[ObjectRow]]:
    """Which neighbours become one: runs within a partition, together no larger than `most`.

    Args:
        objects: by generation, partition and position.
        least: shorter runs are left alone: they would be merged again and again.
        most: bytes of a merged object.
    """
    runs: list[list[ObjectRow]] = []
    size = 0
    for each in objects:
        last = runs[-1][-1] if runs else None
        same = last is not None and (last.generation, last.partition) == (each.generation, each.partition)
        if same and size + each.bytes <= most:
            runs[-1].append(each)
            size += each.bytes
        else:
            runs.append([each])
            size = each.bytes
    return [run for run in runs if len(run) >= max(least, 2)]


def merged(segments: Iterable[Segment]) -> Bundle:
    """The object that holds the same ops; `segments` are of one partition, by board and number."""
    boards: dict[str, list[list[ArchivedOp]]] = {}
    for each in segments:
        parts = boards.setdefault(each.board_id, [])
        if parts and parts[-1][-1].seq + 1 == each.first.seq:
            parts[-1].extend(each.ops)
        else:
            parts.append(list(each.ops))
    return bundle([made for board_id, parts in sorted(boards.items()) for ops in parts for made in cut(board_id, ops)])


class Compaction:
    """Merges and deletes.

    Args:
        connection: as the archiver's role, of nobody else.
        reader: reads segments.
        store: S3.
    """

    def __init__(self, connection: asyncpg.Connection, reader: ArchiveReader, store: ObjectStore) -> None:
        self._connection = connection
        self._reader = reader
        self._store = store

    async def run(
        self, *, settled: str = SETTLED, retired: str = RETIRED, least: int = LEAST_OBJECTS, most: int = MERGED_BYTES
    ) -> Compacted | None:
        """Do what there is to do; None when somebody else is at it.

        Of what cannot be read nothing is changed; the rest is merged all the same.
        """
        if not await self._connection.fetchval(ALONE):
            return None
        rows = await self._connection.fetch(OBJECTS, settled)
        runs = plan([ObjectRow(**row) for row in rows], least=least, most=most)
        done, damaged = [], []
        for run in runs:
            try:
                await self._merge([each.key for each in run])
            except ArchiveDamaged as error:
                damaged.append(error)
            else:
                done.append(run)
        deleted = await self._delete(retired)
        return Compacted(sum(map(len, done)), len(done), deleted, damaged)

    async def _merge(self, keys: Sequence[str]) -> None:
        rows = [SegmentRow(**row) for row in await self._connection.fetch(ROWS, keys)]
        if not rows:
            await self._connection.execute(RETIRE, keys)
            return
        made = await asyncio.to_thread(merged, await self._reader.segments(rows))
        # It may have been written before a crash, or half of it, and what it is made of is deleted afterwards.
        await put_once(self._store, made.key, made.body)
        async with self._connection.transaction():
            if await self._connection.fetchval(LOCKED, keys) != len(rows):
                raise RuntimeError(f"segments of {keys[0]} changed while they were merged")
            await self._connection.execute(RETIRE, keys)
            await self._connection.execute(DROP, keys)
            await self._connection.execute(ADD_OBJECT, *object_row(made))
            await self._connection.executemany(ADD_SEGMENT, segment_rows(made))

    async def _delete(self, retired: str) -> int:
        keys = [row["key"] for row in await self._connection.fetch(OLD, retired)]
        if keys:
            await self._store.delete(keys)
            await self._connection.execute(FORGET, keys)
        return len(keys)
