"""Which moment of a board a request means: a position or a time."""

from datetime import datetime

from aiohttp import web

from edge.errors import at
from edge.http.requests import one
from edge.http.times import time
from edge.keys import CURSORS
from edge.rooms.cursor import CursorInvalid
from topics.bus.message import Position


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
