"""The index and the checkpoints in PostgreSQL, moved together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from consumers.board_archiver.handler import Bundle, Since
from schemas.boards.archive import Snapshot
from schemas.boards.archive_trace import microseconds
from topics.bus.checkpoint_table import CheckpointTable, Reached, columns
from topics.errors import CheckpointMoved
from topics.runtime.away import postgres_or_retry

# A former owner that was paused may come late with less: the checkpoint never goes back.
MOVE: Final = """
update board_archiver.checkpoints as c set generation = t.generation, next = t.next, time = greatest(c.time, t.time)
  from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[], $5::bigint[]) as t (topic, partition, generation, next, time)
 where c.topic = t.topic and c.partition = t.partition and (c.generation <> t.generation or c.next < t.next)
"""
HELD: Final = "select topic, partition, next from board_archiver.checkpoints"
ENDS: Final = "select board_id::text, seq from board_archiver.boards where board_id = any($1::uuid[])"
ADD_OBJECT: Final = """
insert into board_archiver.objects (key, generation, partition, first_offset, last_offset, bytes)
values ($1, $2, $3, $4, $5, $6)
on conflict (key) do update set retired_at = null
"""
ADD_SEGMENT: Final = """
insert into board_archiver.segments
       (board_id, first_seq, last_seq, generation, partition, first_offset, first_index, last_offset, last_index,
        first_time, last_time, key, start, length, raw_bytes, hash, trace)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
"""
MOVE_BOARDS: Final = """
insert into board_archiver.boards as b (board_id, seq, since_bytes, since_segments)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[])
on conflict (board_id) do update
   set seq = excluded.seq, since_bytes = b.since_bytes + excluded.since_bytes,
       since_segments = b.since_segments + excluded.since_segments
"""
ADD_GAP: Final = """
insert into board_archiver.gaps (topic, partition, generation, from_offset, to_offset)
values ($1, $2, $3, $4, $5) on conflict do nothing
"""
SINCE: Final = """
select board_id::text, seq, snapshot_seq, snapshot_bytes, since_bytes, since_segments
  from board_archiver.boards where board_id = any($1::uuid[])
"""
ADD_SNAPSHOT: Final = """
insert into board_archiver.snapshots
       (board_id, seq, generation, partition, last_offset, last_index, key, bytes, raw_bytes, elements, state_hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (board_id, seq) do nothing
"""
# What stands after the snapshot is counted from the segments: another writer may have added some meanwhile.
RESET: Final = """
update board_archiver.boards as b
   set snapshot_seq = $2, snapshot_bytes = $3, since_bytes = coalesce(s.bytes, 0), since_segments = coalesce(s.count, 0)
  from (select sum(raw_bytes)::bigint as bytes, count(*)::integer as count from board_archiver.segments
         where board_id = $1 and first_seq > $2) as s
 where b.board_id = $1 and b.snapshot_seq < $2
"""

Places = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Gap:
    """Records of a partition that were gone before anybody archived them."""

    topic: str
    partition: int
    generation: str
    first: int
    following: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A board and what has come since its last snapshot, which had `snapshot_bytes`."""

    board_id: str
    seq: int
    snapshot_seq: int
    snapshot_bytes: int
    since: Since


class ArchiveIndex:
    """The tables of this consumer. Everything raises Retry when PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.checkpoints = CheckpointTable(pool, "board_archiver")

    async def standing(self, boards: Sequence[str]) -> tuple[dict[tuple[str, int], int], dict[str, int]]:
        """How far each partition is contained, and the number of each board's last op, both of one moment."""
        with postgres_or_retry():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                held, ends = await connection.fetch(HELD), await connection.fetch(ENDS, boards)
        return (
            {(row["topic"], row["partition"]): row["next"] for row in held},
            {row["board_id"]: row["seq"] for row in ends},
        )

    async def growths(self, boards: Sequence[str]) -> list[Growth]:
        """What has come to boards since their last snapshots."""
        with postgres_or_retry():
            rows = await self._pool.fetch(SINCE, boards)
        return [
            Growth(
                row["board_id"],
                row["seq"],
                row["snapshot_seq"],
                row["snapshot_bytes"],
                Since(row["seq"] - row["snapshot_seq"], row["since_bytes"], row["since_segments"]),
            )
            for row in rows
        ]

    async def add(
        self,
        bundles: Sequence[Bundle],
        gaps: Sequence[Gap],
        before: Places,
        ends: Reached,
    ) -> None:
        """Write into the index what lies in S3 already, and move the checkpoints, in one transaction.

        Args:
            bundles: objects that are there.
            gaps: what the log did not have any more.
            before: where the checkpoints stood when the ops were numbered, by topic and partition.
            ends: by topic and partition, its generation and the next offset to read.

        Raises:
            CheckpointMoved: another owner went on from there; nothing was written.
            Retry: PostgreSQL is not there; nothing was written.
        """
        if not ends:
            return
        topics, partitions, generations, following = columns(ends)
        times = _times(bundles)
        with postgres_or_retry():
            async with self._pool.acquire() as connection, connection.transaction():
                await self.checkpoints.claim(connection, ends)
                for (topic, partition), (_, held) in (await self.checkpoints.lock(connection, ends)).items():
                    if held != before.get((topic, partition), 0):
                        raise CheckpointMoved(f"{topic}/{partition} is archived up to {held}")
                for each in bundles:
                    await _add_bundle(connection, each)
                for gap in gaps:
                    await connection.execute(
                        ADD_GAP, gap.topic, gap.partition, gap.generation, gap.first, gap.following
                    )
                last = [times.get(partition, 0) for partition in partitions]
                await connection.execute(MOVE, topics, partitions, generations, following, last)

    async def add_snapshot(self, found: Snapshot, key: str, size: int, raw_size: int) -> None:
        """Write into the index a snapshot that lies in S3 already."""
        with postgres_or_retry():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(
                    ADD_SNAPSHOT,
                    found.board_id,
                    found.seq,
                    found.generation,
                    found.partition,
                    found.offset,
                    found.index,
                    key,
                    size,
                    raw_size,
                    len(found.elements),
                    found.state_hash,
                )
                await connection.execute(RESET, found.board_id, found.seq, raw_size)


async def _add_bundle(connection: asyncpg.Connection, bundle: Bundle) -> None:
    await connection.execute(ADD_OBJECT, *object_row(bundle))
    await connection.executemany(ADD_SEGMENT, segment_rows(bundle))
    boards: dict[str, list[int]] = {}
    for each in bundle.pieces:
        board = boards.setdefault(each.segment.board_id, [0, 0, 0])
        board[0] = each.segment.last.seq
        board[1] += len(each.segment.raw)
        board[2] += 1
    rows = [(board_id, *board) for board_id, board in sorted(boards.items())]
    await connection.execute(MOVE_BOARDS, *map(list, zip(*rows, strict=True)))


def object_row(bundle: Bundle) -> tuple[object, ...]:
    """The row of an object, for ADD_OBJECT."""
    return (
        bundle.key,
        bundle.generation,
        bundle.partition,
        min(each.segment.first.offset for each in bundle.pieces),
        max(each.segment.last.offset for each in bundle.pieces),
        sum(len(each.packed) for each in bundle.pieces),
    )


def segment_rows(bundle: Bundle) -> list[tuple[object, ...]]:
    """The rows of an object's segments, for ADD_SEGMENT."""
    rows: list[tuple[object, ...]] = []
    for each in bundle.pieces:
        first, last = each.segment.first, each.segment.last
        times = [microseconds(op.time) for op in each.segment.ops]
        rows.append(
            (
                each.segment.board_id,
                first.seq,
                last.seq,
                bundle.generation,
                bundle.partition,
                first.offset,
                first.index,
                last.offset,
                last.index,
                min(times),
                max(times),
                bundle.key,
                each.start,
                len(each.packed),
                len(each.segment.raw),
                each.segment.hash,
                each.trace,
            )
        )
    return rows


def _times(bundles: Sequence[Bundle]) -> dict[int, int]:
    """When the last op of each partition was made."""
    return {each.partition: max(microseconds(piece.segment.last.time) for piece in each.pieces) for each in bundles}
