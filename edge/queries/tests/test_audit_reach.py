"""Whether the audit has read what the log holds."""

import pytest

from edge.queries.audit_reach import Places, contains

A, B = ("boards.facts", 0), ("boards.facts", 1)
LOG: Places = {A: ("g", 7), B: ("g", 0)}


@pytest.mark.parametrize("read", [{A: ("g", 7)}, {A: ("g", 9), B: ("g", 0)}])
def test_it_has_when_every_place_is_passed(read: Places) -> None:
    assert contains(read, LOG)


@pytest.mark.parametrize("read", [{}, {A: ("g", 6)}, {B: ("g", 7)}, {A: ("of another life", 7)}])
def test_it_has_not_when_one_is_behind_or_of_another_life(read: Places) -> None:
    assert not contains(read, LOG)
