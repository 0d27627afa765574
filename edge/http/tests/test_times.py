"""Times as strangers write them: those that a clock in UTC can show are read, everything else is no time."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.http.times import time


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-05-04T10:11:12Z", datetime(2026, 5, 4, 10, 11, 12, tzinfo=UTC)),
        ("2026-05-04t10:11:12.5+02:00", datetime(2026, 5, 4, 8, 11, 12, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        # They are times on a clock, and not in UTC.
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2026-05-04T10:11:12", None),
        ("2026-02-30T10:11:12Z", None),
        ("2026-05-04T10:11:12+99:00", None),
        ("２０２６-05-04T10:11:12Z", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_utc_or_not_at_all(text: str, found: datetime | None) -> None:
    assert time(text) == found


@given(st.from_regex(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", fullmatch=True))
def test_whatever_looks_like_a_time_is_one_or_none(text: str) -> None:
    found = time(text)

    assert found is None or found.tzinfo is UTC
