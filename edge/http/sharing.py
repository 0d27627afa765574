"""Who a board is shared with, for its owners."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json
from edge.http.allowed import allowed_board
from edge.http.answers import json_answer
from edge.http.requests import page
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.keys import POOL
from edge.queries import sharing as stored

GRANT: Final[Json] = {
    "type": "object",
    "properties": {
        "user_id": {"type": "string", "format": "uuid", "description": "Absent for who is only invited."},
        "name": {"type": "string"},
        "email": {"type": "string"},
        "role": {"enum": ["owner", "editor", "commenter", "viewer"]},
        "pending": {"const": True, "description": "Of an invitation: nobody has accepted it yet."},
        "invite_id": {
            "type": "string",
            "format": "uuid",
            "description": "Of an invitation; DELETE takes it as the id.",
        },
        "expires_at": {"type": "string", "format": "date-time", "description": "Of an invitation."},
    },
}
LINK: Final[Json] = {
    "type": "object",
    "properties": {
        "link_id": {"type": "string", "format": "uuid"},
        "role": {"enum": ["editor", "commenter", "viewer"]},
        "has_password": {"type": "boolean"},
        "expires_at": {"type": ["string", "null"], "format": "date-time"},
        "created_at": {"type": "string", "format": "date-time"},
        "uses": {"type": "integer", "description": "How many people came through it, each counted once."},
    },
}


async def grants(request: web.Request) -> web.Response:
    """The people whom a board was given to."""
    wanted = page(request, "grants")
    return json_answer(
        await stored.grants(request.app[POOL], await allowed_board(request, "board.list_grants"), wanted)
    )


async def links(request: web.Request) -> web.Response:
    """The links of a board, without their tokens."""
    wanted = page(request, "links")
    return json_answer(await stored.links(request.app[POOL], await allowed_board(request, "board.link"), wanted))


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/grants",
        grants,
        "The people whom a board was given to.",
        "boards",
        "caller",
        {200: Answer("A page of grants.", listed(GRANT))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found", "conflict"),
    ),
    Route(
        "GET",
        "/api/boards/{board_id}/links",
        links,
        "The links of a board; their tokens were told once, when they were made.",
        "boards",
        "caller",
        {200: Answer("A page of links.", listed(LINK))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found", "conflict"),
    ),
)
