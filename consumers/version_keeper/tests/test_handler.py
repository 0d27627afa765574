"""When a version is due, and which boards changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.version_keeper.handler import Change, drawn, is_due

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REST, WORK = timedelta(minutes=10), timedelta(hours=1)


def record(*ops: tuple[str, str]) -> dict[str, Any]:
    return {"ops": [{"time": time, "data": {"board_id": board_id}} for board_id, time in ops]}


def test_the_last_op_of_each_board_counts() -> None:
    records = [
        record(("a", "2026-03-01T11:00:05Z"), ("a", "2026-03-01T11:00:01Z")),
        record(("b", "2026-03-01T11:00:02Z")),
    ]

    assert {board: time.second for board, time in drawn(records).items()} == {"a": 5, "b": 2}


@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        (timedelta(minutes=9), timedelta(minutes=9), False),
        (timedelta(minutes=30), timedelta(minutes=10), True),
        (timedelta(minutes=59), timedelta(), False),
        (timedelta(minutes=60), timedelta(), True),
    ],
)
def test_a_board_that_rests_or_was_changed_for_an_hour_is_due(first: timedelta, last: timedelta, *, due: bool) -> None:
    assert is_due(Change("a", NOW, NOW - first, NOW - last), NOW, REST, WORK) is due
