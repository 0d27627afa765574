"""What an operator's words after --from mean."""

from datetime import UTC, datetime

import pytest

from jobs.replay import since_of
from topics.bus.group_places import Since
from topics.errors import Misconfigured

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("beginning", Since()),
        ("2h", Since(time=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))),
        ("2026-05-04T10:00:00Z", Since(time=datetime(2026, 5, 4, 10, 0, tzinfo=UTC))),
        ("boards.facts/2@120", Since(place=("boards.facts", 2, 120))),
    ],
)
def test_a_beginning_a_time_or_a_place(text: str, since: Since) -> None:
    assert since_of(text, NOW) == since


def test_another_word_is_refused() -> None:
    with pytest.raises(Misconfigured, match="'end' is no time"):
        since_of("end", NOW)
