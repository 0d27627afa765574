"""Where a board's past lies, from the views of the archiver."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from schemas.boards import archive_trace
from schemas.boards.archive_trace import Trace
from topics.bus.message import Position

SEGMENT_COLUMNS: Final = (
    "board_id::text, first_seq, last_seq, generation, partition, first_offset, first_index, last_offset, last_index, "
    "first_time, last_time, key, start, length, raw_bytes, hash"
)
SNAPSHOT_COLUMNS: Final = (
    "board_id::text, seq, generation, partition, last_offset, last_index, key, bytes, raw_bytes, elements, state_hash"
)
UNTIL_PLACE: Final = """
select first_seq, last_seq, last_offset, last_index, trace from board_archiver.segments_v1
 where board_id = $1 and generation = $2 and (first_offset, first_index) <= ($3, $4) order by first_seq desc limit 1
"""
UNTIL_TIME: Final = """
select first_seq, last_seq, last_time, trace from board_archiver.segments_v1
 where board_id = $1 and first_time <= $2 order by first_seq desc limit 1
"""
BEFORE_GENERATION: Final = """
select min(first_seq) from board_archiver.segments_v1 where board_id = $1 and generation = $2
"""
LAST: Final = "select coalesce(max(last_seq), 0) from board_archiver.segments_v1 where board_id = $1"
AT: Final = """
select generation, partition, first_seq, last_offset, last_index, last_seq, trace from board_archiver.segments_v1
 where board_id = $1 and first_seq <= $2 order by first_seq desc limit 1
"""
SNAPSHOT: Final = f"""
select {SNAPSHOT_COLUMNS} from board_archiver.snapshots_v1
 where board_id = $1 and seq <= $2 and not key = any($3::text[]) order by seq desc limit 1
"""  # noqa: S608 - made of constants
SEGMENTS: Final = f"""
select {SEGMENT_COLUMNS} from board_archiver.segments_v1
 where board_id = $1 and last_seq > $2 and first_seq <= $3 order by first_seq
"""  # noqa: S608 - made of constants
TRACED: Final = """
select generation, partition, first_seq, trace from board_archiver.segments_v1
 where board_id = $1 and last_seq > $2 and first_seq <= $3 order by first_seq
"""
TRACES: Final = """
select generation, partition, first_seq, trace from board_archiver.segments_v1
 where board_id = $1 and first_time < $2 order by first_seq
"""
CHECKPOINT: Final = """
select generation, next, time from board_archiver.checkpoints_v1 where topic = $1 and partition = $2
"""
GAP: Final = """
select to_offset from board_archiver.gaps_v1
 where topic = $1 and partition = $2 and generation = $3 and from_offset <= $4 and to_offset > $4
"""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment: the ops of a board from `first_seq` to `last_seq`, and which bytes of which object they are."""

    board_id: str
    first_seq: int
    last_seq: int
    generation: str
    partition: int
    first_offset: int
    first_index: int
    last_offset: int
    last_index: int
    first_time: int
    last_time: int
    key: str
    start: int
    length: int
    raw_bytes: int
    hash: str


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A snapshot of a board after its op `seq`."""

    board_id: str
    seq: int
    generation: str
    partition: int
    last_offset: int
    last_index: int
    key: str
    bytes: int
    raw_bytes: int
    elements: int
    state_hash: str


@dataclass(frozen=True, slots=True)
class Contained:
    """How far a partition is archived; `time`: when the last op of it was made, in microseconds since 1970."""

    generation: str
    next: int
    time: int


@dataclass(frozen=True, slots=True)
class Traced:
    """A segment's trace."""

    generation: str
    partition: int
    first_seq: int
    trace: Trace


# A pool or a connection.
Source: TypeAlias = Any


async def seq_at(source: Source, board_id: str, position: Position) -> int | None:
    """The number of the last op at a position or before it; 0 before the first one, None in a life without any."""
    row = await source.fetchrow(UNTIL_PLACE, board_id, position.generation, position.offset, position.index)
    if row is None:
        first = await source.fetchval(BEFORE_GENERATION, board_id, position.generation)
        return None if first is None else int(first) - 1
    place = (position.offset, position.index)
    if (row["last_offset"], row["last_index"]) <= place:
        return int(row["last_seq"])
    return int(row["first_seq"]) + archive_trace.count_until_place(archive_trace.unpack(row["trace"]), place) - 1


async def seq_at_time(source: Source, board_id: str, time: int, *, inclusive: bool = True) -> int:
    """The number of the last op of that time (microseconds) or an earlier one; 0 before the first."""
    row = await source.fetchrow(UNTIL_TIME, board_id, time if inclusive else time - 1)
    if row is None:
        return 0
    if row["last_time"] < time or (inclusive and row["last_time"] == time):
        return int(row["last_seq"])
    found = archive_trace.count_until_time(archive_trace.unpack(row["trace"]), time, inclusive=inclusive)
    return int(row["first_seq"]) + found - 1


async def last_seq(source: Source, board_id: str) -> int:
    """The number of the last op that is archived; 0 for a board without any."""
    return int(await source.fetchval(LAST, board_id))


async def position_of(source: Source, board_id: str, seq: int) -> Position | None:
    """Where an op stands in the log; None for 0 and for numbers that are not archived."""
    row = await source.fetchrow(AT, board_id, seq)
    if row is None or row["last_seq"] < seq:
        return None
    trace = archive_trace.unpack(row["trace"])
    at = seq - row["first_seq"]
    return Position(row["generation"], row["partition"], trace.offsets[at], trace.indexes[at])


async def snapshot(source: Source, board_id: str, seq: int, without: Sequence[str] = ()) -> SnapshotRow | None:
    """The nearest snapshot at an op or before it, but none of these keys."""
    row = await source.fetchrow(SNAPSHOT, board_id, seq, list(without))
    return None if row is None else SnapshotRow(**row)


async def segments(source: Source, board_id: str, after: int, until: int) -> list[SegmentRow]:
    """The segments with the ops after one number until another, in order."""
    return [SegmentRow(**row) for row in await source.fetch(SEGMENTS, board_id, after, until)]


async def traces(source: Source, board_id: str, before: int) -> list[Traced]:
    """The traces of segments that begin before a time (microseconds), in order."""
    return await asyncio.to_thread(_unpacked, await source.fetch(TRACES, board_id, before))


async def traced(source: Source, board_id: str, after: int, until: int) -> list[Traced]:
    """The traces of the segments with the ops after one number until another, in order."""
    return await asyncio.to_thread(_unpacked, await source.fetch(TRACED, board_id, after, until))


async def contained(source: Source, topic: str, partition: int) -> Contained | None:
    """How far a partition is archived."""
    row = await source.fetchrow(CHECKPOINT, topic, partition)
    return None if row is None else Contained(**row)


async def gap_at(source: Source, topic: str, position: Position) -> int | None:
    """Where the gap ends that a position lies in: records that were gone before they were archived."""
    found: int | None = await source.fetchval(GAP, topic, position.partition, position.generation, position.offset)
    return found


def _unpacked(rows: Sequence[Mapping[str, Any]]) -> list[Traced]:
    """Of a long life these are a million numbers: no work for a loop."""
    return [
        Traced(row["generation"], row["partition"], row["first_seq"], archive_trace.unpack(row["trace"]))
        for row in rows
    ]
