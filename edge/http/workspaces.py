"""The caller's workspaces and who is in them."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json
from edge.errors import not_found
from edge.http.answers import json_answer
from edge.http.requests import CALLER, page
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.keys import POOL
from edge.queries import workspaces as stored
from schemas.ids import is_id

WORKSPACE: Final[Json] = {
    "type": "object",
    "properties": {
        "workspace_id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "role": {"enum": ["admin", "manager", "agent", "user"]},
        "personal": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
    },
}
MEMBER: Final[Json] = {
    "type": "object",
    "properties": {
        "user_id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "email": {"type": "string"},
        "role": {"enum": ["admin", "manager", "agent", "user"]},
    },
}


async def workspaces(request: web.Request) -> web.Response:
    """The workspaces that the caller is a member of."""
    return json_answer(await stored.workspaces(request.app[POOL], request[CALLER].user_id, page(request, "workspaces")))


async def workspace(request: web.Request) -> web.Response:
    """One of them."""
    return json_answer(await _mine(request))


async def members(request: web.Request) -> web.Response:
    """Who is in one of them; every member may see that."""
    wanted = page(request, "members")
    found = await _mine(request)
    return json_answer(await stored.members(request.app[POOL], str(found["workspace_id"]), wanted))


async def _mine(request: web.Request) -> Json:
    workspace_id = request.match_info["workspace_id"]
    found = None
    if is_id(workspace_id):
        found = await stored.workspace(request.app[POOL], request[CALLER].user_id, workspace_id)
    if found is None:
        raise not_found()
    return found


ROUTES: Final = (
    Route(
        "GET",
        "/api/workspaces",
        workspaces,
        "The workspaces that the caller is a member of.",
        "workspaces",
        "account",
        {200: Answer("A page of workspaces.", listed(WORKSPACE))},
        query=LIST_QUERY,
        codes=("forbidden",),
    ),
    Route(
        "GET",
        "/api/workspaces/{workspace_id}",
        workspace,
        "A workspace that the caller is a member of.",
        "workspaces",
        "account",
        {200: Answer("The workspace.", WORKSPACE)},
        codes=("forbidden", "not_found"),
    ),
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/members",
        members,
        "Who is in a workspace.",
        "workspaces",
        "account",
        {200: Answer("A page of members.", listed(MEMBER))},
        query=LIST_QUERY,
        codes=("forbidden", "not_found"),
    ),
)
