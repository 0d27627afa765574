"""Who did something when, op by op, packed small: what a history is counted from without reading the ops."""

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from schemas.boards.archive import ArchiveCorrupt, ArchivedOp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Trace:
    """Of consecutive ops of a board: when (microseconds since 1970), whose, and where in the log, by turns."""

    times: Sequence[int]
    actors: Sequence[str]
    offsets: Sequence[int]
    indexes: Sequence[int]


def microseconds(time: str) -> int:
    """An RFC 3339 time as microseconds since 1970."""
    return (datetime.fromisoformat(time) - EPOCH) // MICROSECOND


def pack(ops: Sequence[ArchivedOp]) -> bytes:
    """The trace of ops."""
    actors = sorted({op.actor for op in ops})
    number = {actor: i for i, actor in enumerate(actors)}
    rows, time, offset = [], 0, 0
    for op in ops:
        now = microseconds(op.time)
        rows += [now - time, number[op.actor], op.offset - offset, op.index]
        time, offset = now, op.offset
    return zlib.compress(orjson.dumps([actors, rows]), 6)


def unpack(packed: bytes) -> Trace:
    """The trace. Raises ArchiveCorrupt."""
    try:
        actors, rows = orjson.loads(zlib.decompress(packed))
    except (zlib.error, orjson.JSONDecodeError) as error:
        raise ArchiveCorrupt(f"a trace cannot be read: {error}") from error
    times, offsets, time, offset = [], [], 0, 0
    for i in range(0, len(rows), 4):
        time += rows[i]
        offset += rows[i + 2]
        times.append(time)
        offsets.append(offset)
    return Trace(times, [actors[n] for n in rows[1::4]], offsets, rows[3::4])


def count_until_place(trace: Trace, place: tuple[int, int]) -> int:
    """How many of the ops stand at a place or before it."""
    at = bisect_left(trace.offsets, place[0])
    end = bisect_right(trace.offsets, place[0])
    return at + sum(1 for index in trace.indexes[at:end] if index <= place[1])


def count_until_time(trace: Trace, time: int, *, inclusive: bool) -> int:
    """How many ops there are up to the last one of that time or earlier (with `inclusive`), or earlier."""
    for i in range(len(trace.times) - 1, -1, -1):
        if trace.times[i] < time or (inclusive and trace.times[i] == time):
            return i + 1
    return 0
