"""Pages of a list that is walked newest first: where a page ends, and how a client comes back there."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from edge.errors import at
from edge.queries.reading import Row, told
from schemas.ids import is_id

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Above every key of a list, so that the first page needs no statement of its own.
LAST_TIME: Final = datetime(9999, 1, 1, tzinfo=UTC)
LAST_ID: Final = "ffffffff-ffff-7fff-bfff-ffffffffffff"


@dataclass(frozen=True, slots=True)
class Place:
    """The key of the last item seen: what comes after it is older, or as old with a smaller id."""

    time: datetime
    identifier: str


FIRST: Final = Place(LAST_TIME, LAST_ID)


@dataclass(frozen=True, slots=True)
class Page:
    """What a client asked of a list: at most `limit` items after `place`."""

    limit: int
    place: Place


def read_limit(text: str | None) -> int:
    """The `limit` parameter. Raises `ApiError` `schema_invalid` at `/limit`."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MAX_LIMIT):
        raise at("schema_invalid", "/limit", f"A limit is a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def read_cursor(name: str, text: str | None) -> Place:
    """The `cursor` parameter of the list `name`. Raises `ApiError` `schema_invalid` at `/cursor`."""
    if text is None:
        return FIRST
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        owner, microseconds, identifier = orjson.loads(raw)
        place = Place(EPOCH + timedelta(microseconds=microseconds), identifier)
        good = owner == name and type(microseconds) is int and is_id(identifier)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        good = False
    if not good:
        raise at("schema_invalid", "/cursor", "This is not a cursor of this list.")
    return place


def write_cursor(name: str, place: Place) -> str:
    """The cursor after which the next page of the list `name` begins."""
    microseconds = (place.time - EPOCH) // timedelta(microseconds=1)
    raw = orjson.dumps([name, microseconds, place.identifier])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def listed(
    name: str, page: Page, found: Sequence[Row], key: Callable[[Row], Place], show: Callable[[Row], Row]
) -> dict[str, Any]:
    """The answer of a list; `found` holds one row more than the page when there is a next one."""
    items = found[: page.limit]
    following = write_cursor(name, key(items[-1])) if len(found) > page.limit else None
    return {"items": [show(item) for item in items], "next": following}


def plain(*times: str) -> Callable[[Row], Row]:
    """Shows a row as it is, with these columns as times."""
    return lambda item: {name: told(value) if name in times else value for name, value in item.items()}
