"""Who did what in a workspace: for its admins, as pages and as a file."""

import re
from contextlib import aclosing
from typing import Final

import orjson
from aiohttp import web

from edge.actions.outcome import Json
from edge.errors import at
from edge.http.allowed import allowed_workspace
from edge.http.answers import json_answer
from edge.http.requests import one, page, read
from edge.http.route import LIST_QUERY, Answer, Parameter, Route, listed
from edge.http.times import rfc3339
from edge.keys import AUDIT_REACH, POOL
from edge.queries import audit as stored
from edge.queries.audit import Wanted
from edge.queries.pages import FIRST
from schemas.ids import is_id

PERMISSION: Final = "workspace.audit"
NDJSON: Final = "application/x-ndjson"
TYPE: Final = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
ENTRY: Final[Json] = {
    "type": "object",
    "required": ["audit_id", "time", "actor", "type", "subject", "data"],
    "properties": {
        "audit_id": {"type": "string", "format": "uuid"},
        "time": {"type": "string", "format": "date-time"},
        "actor": {"type": ["string", "null"], "description": "A user_id."},
        "actor_name": {"type": ["string", "null"], "description": "Null for guests and for accounts that are gone."},
        "type": {"type": "string", "description": "The type of the fact."},
        "subject": {"type": "string", "description": "The id of what it is about."},
        "data": {"type": "object", "description": "The fact, as its schema says."},
        "session_id": {"type": ["string", "null"]},
        "link_id": {"type": ["string", "null"], "description": "The link that a guest acted through."},
        "client": {"type": ["string", "null"], "description": "Of the session, while the account is there."},
        "address": {"type": ["string", "null"], "description": "The same."},
        "correlation_id": {"type": "string", "description": "The action that it began with."},
        "traceparent": {"type": ["string", "null"]},
    },
}
FILTERS: Final = (
    Parameter("actor", "Only what this user did.", {"type": "string", "format": "uuid"}),
    Parameter("type", "Only facts of this type, such as boards.role_granted."),
    Parameter("from", "Not before this time.", {"type": "string", "format": "date-time"}),
    Parameter("to", "Before this time.", {"type": "string", "format": "date-time"}),
)


async def entries(request: web.Request) -> web.Response:
    """The audit of a workspace, newest first."""
    wanted, asked = await _wanted(request), page(request, "audit")
    if asked.place == FIRST:
        await request.app[AUDIT_REACH].wait()
    return json_answer(await stored.entries(request.app[POOL], wanted, asked))


async def export(request: web.Request) -> web.StreamResponse:
    """The audit of a workspace as a file, a line for each entry, in the order of its chain."""
    wanted = await _wanted(request)
    await request.app[AUDIT_REACH].wait()
    response = web.StreamResponse()
    response.content_type = NDJSON
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{wanted.workspace_id}.ndjson"'
    try:
        async with aclosing(stored.exported(request.app[POOL], wanted)) as parts:
            async for part in parts:
                if not response.prepared:
                    await response.prepare(request)
                # Waits while the client reads slowly, so no more than one part is in memory.
                await response.write(b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in part))
    except ConnectionError:
        # Whoever asked has gone; there is nobody to tell.
        return response
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof()
    return response


async def _wanted(request: web.Request) -> Wanted:
    """What is asked for, by somebody who may. Raises `ApiError`."""
    return Wanted(
        workspace_id=await allowed_workspace(request, PERMISSION),
        actor=_id(request, "actor"),
        type=read(request, "type", _type, None),
        since=read(request, "from", rfc3339, None),
        until=read(request, "to", rfc3339, None),
    )


def _id(request: web.Request, name: str) -> str | None:
    text = one(request, name)
    if text is not None and not is_id(text):
        raise at("schema_invalid", f"/{name}", "This is not an id of ours.")
    return text


def _type(text: str) -> str:
    if not TYPE.fullmatch(text):
        raise ValueError("must be a type such as boards.role_granted")
    return text


ROUTES: Final = (
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/audit",
        entries,
        "Who did what in a workspace and on its boards; for its admins.",
        "workspaces",
        "account",
        {200: Answer("A page of entries.", listed(ENTRY))},
        query=(*FILTERS, *LIST_QUERY),
        codes=("forbidden", "not_found", "unavailable"),
    ),
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/audit/export",
        export,
        "The same as a file: a JSON object a line, oldest first, each with its place in the chain and its hash.",
        "workspaces",
        "account",
        {200: Answer("The file.", None, NDJSON)},
        query=FILTERS,
        codes=("forbidden", "not_found", "unavailable"),
    ),
)
