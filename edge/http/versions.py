"""The versions of a board to be read; what keeps, names, restores and deletes them are actions."""

from typing import Any, Final

from aiohttp import web

from edge.http.allowed import allowed_board
from edge.http.answers import json_answer
from edge.http.requests import page
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.keys import CURSORS, POOL
from edge.queries import versions as stored

VERSION: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["version_id", "name", "kind", "position", "created_at", "created_by"],
    "properties": {
        "version_id": {"type": "string", "format": "uuid"},
        "name": {"type": ["string", "null"]},
        "kind": {"enum": ["saved", "automatic"]},
        "position": {"type": "string", "description": "Opaque; `at` of `/elements` shows the board as it was there."},
        "created_at": {"type": "string", "format": "date-time"},
        "created_by": {"type": ["string", "null"], "format": "uuid"},
        "author": {"type": ["string", "null"], "description": "The name of who saved it, where there is an account."},
        "elements": {"type": "integer", "description": "How many elements there were."},
        "bytes": {"type": "integer", "description": "What they weigh as JSON."},
        "changes": {"type": "integer", "description": "How many elements were touched since the version before."},
    },
}


async def versions(request: web.Request) -> web.Response:
    """The versions of a board, newest first."""
    wanted = page(request, "versions")
    board_id = await allowed_board(request, "board.history")
    tell = request.app[CURSORS].encode_position
    return json_answer(await stored.versions(request.app[POOL], board_id, wanted, tell))


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/versions",
        versions,
        "The versions of a board, newest first.",
        "boards",
        "caller",
        {200: Answer("A page of versions.", listed(VERSION))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found", "conflict"),
    ),
)
