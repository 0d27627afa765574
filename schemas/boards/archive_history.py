"""A board's life in buckets of time: how much was done in each, by whom, and where it ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from schemas.boards.archive_trace import Trace


@dataclass(slots=True)
class Bucket:
    """What was done from `start` until before `end` (microseconds since 1970).

    `last` is where the last op before `end` stands, in this bucket or an earlier one: generation, partition, offset,
    index. Its own order is that of the log: times of two edges may cross.
    """

    start: int
    end: int
    count: int = 0
    actors: list[str] = field(default_factory=list)
    last: tuple[str, int, int, int] | None = None
    last_seq: int = 0


@dataclass(frozen=True, slots=True)
class TracePart:
    """The trace of one segment, whose first op is number `first_seq` of its board."""

    generation: str
    partition: int
    first_seq: int
    trace: Trace


def bounds(start: int, end: int, buckets: int) -> list[int]:
    """The limits of so many buckets of equal length, as far as microseconds allow."""
    return [start + (end - start) * i // buckets for i in range(buckets + 1)]


def history(parts: Iterable[TracePart], start: int, end: int, buckets: int) -> Sequence[Bucket]:
    """Count the ops of a board from `start` until before `end`; `parts` are all up to there, in order."""
    limits = bounds(start, end, buckets)
    found = [Bucket(a, b) for a, b in pairwise(limits)]
    whose: list[dict[str, None]] = [{} for _ in found]
    earlier: tuple[int, tuple[str, int, int, int]] | None = None
    span = end - start
    for part in parts:
        trace = part.trace
        for i, time in enumerate(trace.times):
            if time >= end:
                continue
            place = (part.generation, part.partition, trace.offsets[i], trace.indexes[i])
            if time < start:
                earlier = (part.first_seq + i, place)
                continue
            at = min((time - start) * buckets // span, buckets - 1)
            # The division above may be one off where limits were rounded.
            while time < limits[at]:
                at -= 1
            while time >= limits[at + 1]:
                at += 1
            bucket = found[at]
            bucket.count += 1
            bucket.last, bucket.last_seq = place, part.first_seq + i
            whose[at][trace.actors[i]] = None
    seq, last = earlier or (0, None)
    for bucket, actors in zip(found, whose, strict=True):
        bucket.actors = list(actors)
        if bucket.last_seq > seq:
            seq, last = bucket.last_seq, bucket.last
        bucket.last, bucket.last_seq = last, seq
    return found
