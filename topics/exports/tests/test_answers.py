from datetime import UTC, datetime

import pytest

from topics.errors import Halt, Postpone, Retry
from topics.exports.answers import Answer, failure, retry_after
from topics.exports.rate import Rate

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Sat, 21 Nov 2026 12:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
        ("-5", None),
        ("9" * 500, 999_999_999.0),
        ("Sat, 21 Nov 2026 12:01:00 +99999999999", None),
        ("Sat, 21 Nov 2026 12:01:00 -0000", 60.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (400, None),
        (413, None),
        (401, Halt),
        (403, Halt),
        (429, Retry),
        (408, Postpone),
        (500, Postpone),
        (503, Postpone),
    ],
)
def test_an_answer_asks_for_one_of_the_names_of_failure(status: int, kind: type[Exception] | None) -> None:
    found = failure(Answer(status, {}, 7.0), "Somebody", "DOSKA_X")

    assert type(found) is (kind if kind is not None else type(None))
    if isinstance(found, Retry):
        assert found.after == 7.0
    if isinstance(found, Halt):
        assert "Somebody refuses the credentials" in found.reason
        assert "DOSKA_X" in found.reason


def test_a_rate_lets_a_second_through_at_once_and_then_one_by_one() -> None:
    clock = [100.0]
    rate = Rate(10, lambda: clock[0])

    waits = [rate.due() for _ in range(12)]
    clock[0] += 60
    later = rate.due()

    assert waits[:10] == [0.0] * 10
    assert waits[11] == pytest.approx(0.2)
    assert later == 0.0
