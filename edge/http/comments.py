"""What was said on a board. What changes it are actions."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json
from edge.http.allowed import allowed_board_in_use
from edge.http.answers import json_answer
from edge.http.requests import CALLER, page, read, truth
from edge.http.route import LIST_QUERY, Answer, Parameter, Route, listed
from edge.keys import POOL
from edge.queries import comments as stored

ID: Final = {"type": "string", "format": "uuid"}
TIME: Final = {"type": "string", "format": "date-time"}
MAYBE_ID: Final = {"type": ["string", "null"], "format": "uuid"}
MAYBE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
COMMENT: Final[Json] = {
    "type": "object",
    "required": ["comment_id", "author_id", "author_name", "text", "mention", "written_at", "edited_at"],
    "properties": {
        "comment_id": ID,
        "author_id": {**MAYBE_ID, "description": "null: the account is gone."},
        "author_name": {"type": ["string", "null"]},
        "text": {"type": "string"},
        "mention": {"type": "array", "items": ID},
        "written_at": TIME,
        "edited_at": MAYBE_TIME,
    },
}
THREAD: Final[Json] = {
    "type": "object",
    "required": ["thread_id", "anchor", "started_at", "resolved", "resolved_at", "resolved_by", "comments"],
    "properties": {
        "thread_id": ID,
        "anchor": {
            "type": "object",
            "required": ["x", "y"],
            "properties": {
                **{name: {"type": "number"} for name in ("x", "y", "dx", "dy")},
                "element_id": {"type": "string"},
            },
        },
        "started_at": TIME,
        "resolved": {"type": "boolean"},
        "resolved_at": MAYBE_TIME,
        "resolved_by": MAYBE_ID,
        "comments": {"type": "array", "items": COMMENT},
    },
}
PERSON: Final[Json] = {"type": "object", "properties": {"user_id": ID, "name": {"type": "string"}}}


async def comments(request: web.Request) -> web.Response:
    """The threads of a board."""
    resolved = read(request, "resolved", truth, default=None)
    wanted = page(request, "comments")
    return json_answer(
        await stored.threads(request.app[POOL], await allowed_board_in_use(request, "board.view"), resolved, wanted)
    )


async def people(request: web.Request) -> web.Response:
    """Who may be mentioned. A guest is told only of those who have commented themselves."""
    board_id = await allowed_board_in_use(request, "board.comment")
    found = await stored.people(request.app[POOL], board_id, everybody=not request[CALLER].guest)
    return json_answer({"items": found, "next": None})


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/comments",
        comments,
        "The threads of a board, newest first, each with its comments in their order.",
        "comments",
        "caller",
        {200: Answer("A page of threads.", listed(THREAD))},
        query=(
            Parameter("resolved", "Only resolved threads, or only the others.", {"type": "boolean"}),
            *LIST_QUERY,
        ),
        codes=("not_found", "conflict", "unavailable"),
    ),
    Route(
        "GET",
        "/api/boards/{board_id}/people",
        people,
        "Who may be mentioned in a comment, by name; a guest is told only of those who have commented.",
        "comments",
        "caller",
        {200: Answer("At most 500 people, all on one page.", listed(PERSON))},
        codes=("forbidden", "not_found", "conflict", "unavailable"),
    ),
)
