"""Which windows of activity a request means, also at the ends of the calendar."""

from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import make_mocked_request

from edge.errors import ApiError
from edge.http.activity import wanted

NOW = datetime(2026, 5, 4, 10, 11, tzinfo=UTC)
SCOPE = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"


def test_without_a_word_a_week_by_hours_up_to_now() -> None:
    found = wanted(make_mocked_request("GET", "/"), SCOPE, NOW)

    assert (found.by, found.since, found.until) == (
        "hour",
        datetime(2026, 4, 27, 11, tzinfo=UTC),
        datetime(2026, 5, 4, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("to=9999-12-31T23:59:59Z&by=day", "/to"),
        ("to=9999-12-31T23:59:59Z", "/to"),
        ("to=9999-12-31T23:59:59-23:59", "/to"),
        ("to=0001-01-01T00:00:00Z&by=day", "/to"),
        ("from=0001-01-01T00:00:00Z", "/from"),
        ("from=2026-05-04T10:00:00Z&to=2026-05-04T09:00:00Z", "/from"),
        ("from=2026-05-01T00:00:00Z&to=2026-05-04T00:00:00Z&by=minute", "/from"),
        ("by=second", "/by"),
        ("by=", "/by"),
    ],
)
def test_what_is_beyond_the_calendar_or_an_answer_is_refused_at_its_place(query: str, path: str) -> None:
    with pytest.raises(ApiError) as refusal:
        wanted(make_mocked_request("GET", f"/?{query}"), SCOPE, NOW)

    assert (refusal.value.code, [each.path for each in refusal.value.errors]) == ("schema_invalid", [path])
