"""How much of a board's past goes into one answer: an op may weigh a megabyte, and a page has two hundred."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from topics.archive.index import SegmentRow

# What is read for one page, at least a segment of it.
PAGE_BYTES: Final = 8 * 1024 * 1024


def fitting(
    rows: Sequence[SegmentRow], after: int, until: int, *, newest: bool, at_most: int = PAGE_BYTES
) -> tuple[int, int]:
    """After which number and until which the ops are that are read at once, of those after `after` until `until`.

    `rows` are the segments that hold them, in order. The first ops are kept, or the last with `newest`.
    """
    size = 0
    for number, row in enumerate(reversed(rows) if newest else rows):
        size += row.raw_bytes
        if size > at_most and number > 0:
            return (max(after, row.last_seq), until) if newest else (after, min(until, row.first_seq - 1))
    return after, until


def fitting_some(rows: Sequence[SegmentRow], numbers: Sequence[int], *, at_most: int = PAGE_BYTES) -> list[int]:
    """The first of these ops, as many as are read at once; `rows` are segments that hold them all, in order."""
    firsts = [row.first_seq for row in rows]
    seen: set[int] = set()
    size = 0
    for count, number in enumerate(numbers):
        place = bisect_right(firsts, number) - 1
        if place >= 0 and place not in seen:
            seen.add(place)
            size += rows[place].raw_bytes
            if size > at_most and count > 0:
                return list(numbers[:count])
    return list(numbers)
