"""One's own sessions: where one is logged in, and how to end that."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json, Made, Outcome
from edge.errors import not_found
from edge.http.answers import json_answer, made_answer
from edge.http.bodies import Body, read_object
from edge.http.own_account import asker
from edge.http.requests import CALLER, page, scope
from edge.http.route import LIST_QUERY, Answer, Route, listed
from edge.keys import ACTIONS, POOL
from edge.queries import people
from schemas.ids import is_id

NOTHING: Final = Body((), {})
SESSION: Final[Json] = {
    "type": "object",
    "properties": {
        "session_id": {"type": "string", "format": "uuid"},
        "client": {"type": ["string", "null"]},
        "address": {"type": ["string", "null"]},
        "created_at": {"type": "string", "format": "date-time"},
        "seen_at": {"type": "string", "format": "date-time"},
        "current": {"type": "boolean"},
    },
}


async def sessions(request: web.Request) -> web.Response:
    """The caller's open sessions."""
    caller = request[CALLER]
    return json_answer(
        await people.sessions(request.app[POOL], caller.user_id, caller.session_id, page(request, "sessions"))
    )


async def close(request: web.Request) -> web.Response:
    """Close one of the caller's sessions."""
    body = await read_object(request, NOTHING)
    caller, session_id = request[CALLER], request.match_info["session_id"]
    guard = scope(request, body)

    async def run() -> Outcome:
        if not is_id(session_id) or not await people.has_session(request.app[POOL], caller.user_id, session_id):
            raise not_found()
        data = {"user_id": caller.user_id, "session_id": session_id}
        outcome = await request.app[ACTIONS].ask("identity.close_session", data, asker(request, body))
        return Outcome(outcome.facts, Made(204))

    await request.app[ACTIONS].once(guard, run)
    return made_answer(Made(204))


async def close_others(request: web.Request) -> web.Response:
    """Close all sessions of the caller but the one that asks."""
    body = await read_object(request, NOTHING)
    caller, actions = request[CALLER], request.app[ACTIONS]
    data = {"user_id": caller.user_id, "keep_session_id": caller.session_id}

    async def run() -> Outcome:
        outcome = await actions.ask("identity.close_sessions", data, asker(request, body))
        return Outcome(outcome.facts, Made(204))

    await actions.once(scope(request, body), run)
    return made_answer(Made(204))


ROUTES: Final = (
    Route(
        "GET",
        "/api/me/sessions",
        sessions,
        "The caller's open sessions.",
        "me",
        "account",
        {200: Answer("A page of sessions.", listed(SESSION))},
        query=LIST_QUERY,
    ),
    Route(
        "DELETE",
        "/api/me/sessions",
        close_others,
        "Close every session but this one.",
        "me",
        "account",
        {204: Answer("The other sessions are closed.")},
        body=NOTHING.schema,
        codes=("conflict", "unavailable", "outcome_unknown"),
    ),
    Route(
        "DELETE",
        "/api/me/sessions/{session_id}",
        close,
        "Close a session: its tokens are refused, its sockets closed.",
        "me",
        "account",
        {204: Answer("The session is closed.")},
        body=NOTHING.schema,
        codes=("not_found", "conflict", "unavailable", "outcome_unknown"),
    ),
)
