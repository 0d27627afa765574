"""A page of a board's past is as long as asked for, or as heavy as one answer may be, and never empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.archive.fitting import fitting, fitting_some
from topics.archive.index import SegmentRow

BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"


def segments(*sizes: tuple[int, int]) -> list[SegmentRow]:
    """Segments of so many ops and bytes each, from op 1 on."""
    rows, seq = [], 1
    for ops, raw_bytes in sizes:
        last = seq + ops - 1
        rows.append(SegmentRow(BOARD, seq, last, "g", 0, seq, 0, last, 0, 0, 0, "key", 0, 1, raw_bytes, "hash"))
        seq = last + 1
    return rows


LIGHT = segments((10, 5), (10, 5), (10, 5))
HEAVY = segments((1, 60), (1, 60), (1, 60), (1, 60))


@pytest.mark.parametrize(
    ("rows", "asked", "newest", "read"),
    [
        (LIGHT, (0, 30), False, (0, 30)),
        (LIGHT, (3, 17), True, (3, 17)),
        (HEAVY, (0, 4), False, (0, 1)),
        (HEAVY, (0, 4), True, (3, 4)),
        (segments((10, 60), (10, 30), (10, 60)), (2, 28), False, (2, 20)),
        (segments((10, 60), (10, 30), (10, 60)), (2, 28), True, (10, 28)),
        (segments((10, 1000)), (4, 9), False, (4, 9)),
    ],
)
def test_what_is_read_at_once(
    rows: list[SegmentRow], asked: tuple[int, int], newest: bool, read: tuple[int, int]
) -> None:
    assert fitting(rows, *asked, newest=newest, at_most=100) == read


def test_single_ops_are_read_as_far_as_their_segments_go() -> None:
    rows = segments((10, 60), (10, 30), (10, 60))

    assert fitting_some(rows, [1, 2, 15, 25], at_most=100) == [1, 2, 15]
    assert fitting_some(rows, [25, 15, 2], at_most=100) == [25, 15]
    assert fitting_some(rows, [25, 24, 21], at_most=10) == [25, 24, 21]
    assert fitting_some(rows, [3, 25], at_most=10) == [3]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100)), min_size=1, max_size=12), st.booleans(), st.data())
def test_pages_meet_every_op_once_whatever_they_weigh(
    sizes: list[tuple[int, int]], newest: bool, data: st.DataObject
) -> None:
    rows = segments(*sizes)
    total = sum(ops for ops, _ in sizes)
    limit = data.draw(st.integers(1, 8))
    after, until, met = 0, total, list[int]()

    while after < until:
        asked = (max(after, until - limit), until) if newest else (after, min(until, after + limit))
        some = [row for row in rows if row.last_seq > asked[0] and row.first_seq <= asked[1]]
        first, last = fitting(some, *asked, newest=newest, at_most=100)
        assert first < last
        met += range(last, first, -1) if newest else range(first + 1, last + 1)
        after, until = (after, first) if newest else (last, until)

    assert met == (list(range(total, 0, -1)) if newest else list(range(1, total + 1)))
