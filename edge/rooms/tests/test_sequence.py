"""Whether a numbered message may be shown: nothing twice, no gap in silence, no other epoch as if it were this one."""

import pytest

from edge.rooms.sequence import Sequence
from topics.rooms.notice import Notice


def told(first: int, last: int, epoch: str = "e") -> Notice:
    return Notice(first, last, epoch, None, b"")


def test_what_follows_on_what_was_shown_is_shown() -> None:
    assert Sequence("e", 4, 4).judge(told(5, 7)) == "pass"


@pytest.mark.parametrize(("first", "last"), [(1, 4), (4, 4), (5, 4)])
def test_what_was_shown_is_dropped(first: int, last: int) -> None:
    assert Sequence("e", 4, 4).judge(told(first, last)) == "drop"


@pytest.mark.parametrize(("first", "last"), [(6, 6), (9, 12), (4, 5)])
def test_what_does_not_follow_on_what_was_shown_is_a_gap(first: int, last: int) -> None:
    room = Sequence("e", 4, 4)

    assert room.judge(told(first, last)) == "gap"
    assert room.behind


@pytest.mark.parametrize(("first", "last"), [(5, 5), (1, 4), (1, 0)])
def test_another_epoch_is_a_reset_whatever_its_numbers(first: int, last: int) -> None:
    assert Sequence("e", 4, 4).judge(told(first, last, "another")) == "reset"
