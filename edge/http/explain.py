"""Why somebody may do something or not, for admins of the workspace and owners of the board."""

import re
from typing import Final

from aiohttp import web

from edge.actions.authority import authorise_workspace
from edge.actions.outcome import Json
from edge.auth import explaining
from edge.errors import at, not_found
from edge.http.answers import json_answer
from edge.http.requests import CALLER, one
from edge.http.route import Answer, Parameter, Route
from edge.keys import POOL, RIGHTS
from edge.queries import roles, workspaces
from schemas.ids import is_id

RESOURCE: Final = re.compile(r"(board|workspace):([0-9a-f-]{36})")
EXPLANATION: Final[Json] = {
    "type": "object",
    "required": ["allowed", "code", "why", "role", "needed", "reasons"],
    "properties": {
        "allowed": {"type": "boolean"},
        "code": {"type": ["string", "null"], "description": "What the person is refused with."},
        "why": {"type": "string", "description": "For people."},
        "role": {"type": ["string", "null"], "description": "The highest of all reasons."},
        "needed": {"type": "array", "items": {"type": "string"}, "description": "The roles that hold the permission."},
        "reasons": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "role": {"type": "string"},
                    "via": {"enum": ["grant", "workspace", "link", "template", "membership"]},
                    "expires_at": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        },
    },
}


async def explain(request: web.Request) -> web.Response:
    """Explain one permission of one person on one thing."""
    kind, identifier = _resource(request)
    permission, user_id = one(request, "permission") or "", one(request, "user_id") or request[CALLER].user_id
    if not explaining.known(permission, kind):
        raise at("schema_invalid", "/permission", f"This is no permission on a {kind}.")
    if not is_id(user_id):
        raise at("schema_invalid", "/user_id", "This is not an id of ours.")
    pool, caller = request.app[POOL], request[CALLER]
    if kind == "workspace":
        await authorise_workspace(pool, caller, "workspace.explain", identifier)
        return json_answer(explaining.in_workspace(permission, await workspaces.role(pool, user_id, identifier)))
    await request.app[RIGHTS].board_access(caller, identifier, "board.explain")
    found = await roles.on_board(pool, identifier, user_id)
    if found is None:
        raise not_found()
    condition, reasons = found
    return json_answer(explaining.on_board(permission, reasons, condition))


def _resource(request: web.Request) -> tuple[str, str]:
    found = RESOURCE.fullmatch(one(request, "resource") or "")
    if found is None:
        raise at("schema_invalid", "/resource", "A resource is board:<id> or workspace:<id>.")
    if not is_id(found[2]):
        raise not_found()
    return found[1], found[2]


ROUTES: Final = (
    Route(
        "GET",
        "/api/explain",
        explain,
        "Whether somebody may do something, and why: for admins of the workspace and owners of the board.",
        "rights",
        "account",
        {200: Answer("The verdict, and every reason for a role.", EXPLANATION)},
        query=(
            Parameter("permission", "One of the table of permissions, such as board.draw."),
            Parameter("resource", "board:<id> or workspace:<id>."),
            Parameter("user_id", "Of whom; the caller, if absent."),
        ),
        codes=("forbidden", "not_found", "conflict", "unavailable"),
    ),
)
