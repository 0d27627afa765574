"""Boards to be read: lists and single ones. What changes them are actions."""

from typing import Any, Final

from aiohttp import web

from edge.errors import not_found
from edge.http.answers import json_answer
from edge.http.requests import CALLER, page, read, truth
from edge.http.route import LIST_QUERY, Answer, Parameter, Route, listed
from edge.keys import CURSORS, POOL
from edge.queries import boards as stored
from edge.queries.boards import Filter
from schemas.ids import is_id

MAX_QUERY: Final = 200
TRUTH: Final = {"type": "boolean", "default": False}
BOARD: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["board_id", "title", "workspace_id", "role", "created_at", "archived"],
    "properties": {
        "board_id": {"type": "string", "format": "uuid"},
        "title": {"type": "string"},
        "workspace_id": {"type": "string", "format": "uuid"},
        "role": {"enum": ["owner", "editor", "commenter", "viewer"]},
        "created_at": {"type": "string", "format": "date-time"},
        "archived": {"type": "boolean"},
        "template": {"type": "boolean", "description": "Members of its workspace make boards from it."},
        "trashed_at": {"type": "string", "format": "date-time", "description": "Only in the trash."},
        "branched_from": {
            "type": "object",
            "description": "The state of another board that it began with, for those who may see that one.",
            "properties": {"board_id": {"type": "string", "format": "uuid"}, "position": {"type": "string"}},
        },
    },
}


async def boards(request: web.Request) -> web.Response:
    """The boards that the caller has a role on, newest first."""
    trashed = read(request, "trashed", truth, default=False)
    # In the trash lie archived boards as well as others: they are told apart only on request.
    archived = read(request, "archived", truth, default=None if trashed else False)
    wanted = Filter(
        workspace_id=read(request, "workspace_id", _identifier, default=None),
        archived=archived,
        trashed=trashed,
        title=read(request, "q", _query, default=None),
        template=read(request, "template", truth, default=False),
    )
    return json_answer(await stored.boards(request.app[POOL], request[CALLER], wanted, page(request, "boards")))


async def board(request: web.Request) -> web.Response:
    """One board."""
    board_id = request.match_info["board_id"]
    tell = request.app[CURSORS].encode_position
    found = await stored.board(request.app[POOL], request[CALLER], board_id, tell) if is_id(board_id) else None
    if found is None:
        raise not_found()
    return json_answer(found)


def _identifier(text: str) -> str | None:
    if not is_id(text):
        raise ValueError("must be the id of a workspace")
    return text


def _query(text: str) -> str | None:
    if len(text) > MAX_QUERY:
        raise ValueError(f"must have at most {MAX_QUERY} characters")
    return text or None


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards",
        boards,
        "The boards that the caller has a role on, newest first.",
        "boards",
        "account",
        {200: Answer("A page of boards.", listed(BOARD))},
        query=(
            Parameter("workspace_id", "Only boards of this workspace."),
            Parameter("archived", "Archived boards instead of the others.", TRUTH),
            Parameter("trashed", "One's own boards in the trash instead of the others.", TRUTH),
            Parameter("template", "Only templates, also those of one's workspaces.", TRUTH),
            Parameter("q", "Only boards whose title contains this, whatever its case."),
            *LIST_QUERY,
        ),
    ),
    Route(
        "GET",
        "/api/boards/{board_id}",
        board,
        "A board.",
        "boards",
        "caller",
        {200: Answer("The board.", BOARD)},
        codes=("not_found",),
    ),
)
