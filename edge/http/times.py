"""Times as requests write them: RFC 3339, with an offset."""

import re
from datetime import UTC, datetime
from typing import Final

RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def time(text: str) -> datetime | None:
    """A time, in UTC; None for anything else, and for what lies before year 1 or after 9999 there."""
    if not RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def rfc3339(text: str) -> datetime:
    """The same for `requests.read`. Raises ValueError with what is expected."""
    found = time(text)
    if found is None:
        raise ValueError("must be a time such as 2026-05-04T10:11:12Z")
    return found
