"""Which moment of a board a request means: a position or a time."""

import re
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from edge.errors import at
from edge.http.requests import one
from edge.keys import CURSORS
from edge.rooms.cursor import CursorInvalid
from topics.bus.message import Position

RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def moment(request: web.Request, name: str, board_id: str) -> Position | datetime | None:
    """A query parameter that is a position of the board or a time. Raises ApiError `schema_invalid`."""
    text = one(request, name)
    if text is None:
        return None
    found = time(text)
    if found is not None:
        return found
    try:
        return request.app[CURSORS].decode_position(board_id, text)
    except CursorInvalid:
        raise foreign(name) from None


def foreign(name: str) -> Exception:
    """The refusal of a parameter that is neither a time nor a position of the board."""
    return at("schema_invalid", f"/{name}", "This is no position of this board, and no time like 2026-05-04T10:11:12Z.")


def time(text: str) -> datetime | None:
    """An RFC 3339 time, in UTC; None for anything else, and for what lies before year 1 or after 9999 there."""
    if not RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
