"""The elements of a board as they were."""

import asyncio
import gzip
from datetime import datetime
from typing import Final

from aiohttp import ETag, web

from edge.archive.answers import elements
from edge.archive.asked import foreign
from edge.archive.past import Past
from edge.http.requests import CALLER
from edge.keys import CURSORS, LIMITS, PASTS
from edge.rooms.cursor import CursorInvalid
from topics.bus.message import Position

# Above it a body is compressed in a thread.
COMPRESSED_FROM: Final = 1024
LEVEL: Final = 4


async def past(request: web.Request, board_id: str, at: Position | datetime) -> Past:
    """The state that the parameter `at` means. Raises ApiError."""
    try:
        async with request.app[LIMITS].past.of(request[CALLER].user_id):
            return await request.app[PASTS].state_at(board_id, at)
    except CursorInvalid:
        raise foreign("at") from None


async def answer(request: web.Request, board_id: str, at: Position | datetime, *, gzipped: bool) -> web.Response:
    """The answer of `/elements?at=`. Raises ApiError."""
    found = await past(request, board_id, at)
    here = request.app[PASTS].beginning(board_id)
    body, content = await asyncio.to_thread(elements, found, request.app[CURSORS], here)
    if any(tag.value == content for tag in request.if_none_match or ()):
        response = web.Response(status=304)
    elif gzipped and len(body) >= COMPRESSED_FROM:
        packed = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
        response = web.Response(body=packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
    else:
        response = web.Response(body=body, content_type="application/json")
    # Weak: the body is compressed or not.
    response.etag = ETag(content, is_weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Accept-Encoding"
    return response
