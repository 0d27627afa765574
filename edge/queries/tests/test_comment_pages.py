"""A page of threads is as long as asked for, or as heavy as one answer may be."""

import pytest

from edge.queries.comments import fitting
from edge.queries.pages import FIRST, Page


@pytest.mark.parametrize(
    ("so_far", "limit"),
    [([], 1), ([10, 20, 30], 2), ([60, 100, 130], 2), ([60, 101], 1), ([500, 510], 1), ([0, 0, 0], 2)],
)
def test_a_page_holds_what_one_answer_may_and_at_least_one_thread(so_far: list[int], limit: int) -> None:
    assert fitting(Page(2, FIRST), so_far, at_most=100).limit == limit
