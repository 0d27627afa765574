"""A board as a file of the editor."""

import asyncio
import re
from contextlib import aclosing
from datetime import datetime
from typing import Final
from urllib.parse import quote

from aiohttp import web

from edge.actions import excalidraw_file
from edge.actions.exporting import pieces, said
from edge.archive.answers import array, living
from edge.archive.asked import moment
from edge.errors import not_found
from edge.http.past_elements import past
from edge.http.requests import CALLER
from edge.http.route import Answer, Parameter, Route
from edge.keys import LIMITS, POOL, RIGHTS, SETTINGS, SNAPSHOTS, UPLOADS
from edge.queries import boards
from schemas.ids import is_id
from topics.bus.message import Position

COMPRESSED_FROM: Final = 1024
SUFFIX: Final = ".excalidraw"
NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._-]+")
NO_NAME: Final = re.compile(r"[/\\\x00-\x1f]+")


async def export(request: web.Request) -> web.StreamResponse:
    """The .excalidraw file of a board as it is now, or was."""
    board_id = request.match_info["board_id"]
    if not is_id(board_id):
        raise not_found()
    at_moment = moment(request, "at", board_id)
    await request.app[RIGHTS].board_access(request[CALLER], board_id, "board.export")
    # A picture of it at a time is in memory for as long as whoever asked takes to read it.
    async with request.app[LIMITS].exports.of(request[CALLER].user_id):
        return await _written(request, board_id, at_moment)


async def _written(request: web.Request, board_id: str, at_moment: Position | datetime | None) -> web.StreamResponse:
    board = await boards.board(request.app[POOL], request[CALLER], board_id)
    if board is None:
        raise not_found()
    if at_moment is None:
        found = (await request.app[SNAPSHOTS].read(board_id)).elements
    else:
        state = await past(request, board_id, at_moment)
        found = await asyncio.to_thread(lambda: array(living(state.elements)))
    file = pieces(
        found,
        title=board["title"],
        source=request.app[SETTINGS].address,
        # What was said is said now: of an earlier state there is only what was drawn.
        threads=said(request.app[POOL], board_id) if at_moment is None else None,
        uploads=request.app[UPLOADS],
        caller=request[CALLER],
    )
    response = web.StreamResponse()
    response.content_type = excalidraw_file.MEDIA_TYPE
    response.headers["Content-Disposition"] = disposition(board["title"])
    if len(found) >= COMPRESSED_FROM:
        response.enable_compression()
    async with aclosing(file):
        await response.prepare(request)
        async for piece in file:
            await response.write(piece)
    await response.write_eof()
    return response


def disposition(title: str) -> str:
    """A file name that any client takes, and the title's own for those who read RFC 8187."""
    plain = NOT_PLAIN.sub("_", title).strip(" ._") or "board"
    exact = quote(NO_NAME.sub("_", title) + SUFFIX, safe="")
    return f"attachment; filename=\"{plain}{SUFFIX}\"; filename*=UTF-8''{exact}"


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/export",
        export,
        "The board as an .excalidraw file.",
        "boards",
        "caller",
        {200: Answer("The file.", {"type": "object"}, excalidraw_file.MEDIA_TYPE)},
        query=(Parameter("at", "A position or a time: the board as it was."),),
        codes=("not_found", "conflict", "gone", "rate_limited", "unavailable"),
    ),
)
