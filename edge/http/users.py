"""Everybody with an account, for the administrators of the instance: who there is, and who is banned."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json, Made, Outcome
from edge.errors import ApiError, not_found
from edge.http.answers import json_answer, made_answer
from edge.http.bodies import Body, read_object
from edge.http.own_account import asker
from edge.http.requests import CALLER, one, page, scope
from edge.http.route import LIST_QUERY, Answer, Handler, Parameter, Route, listed
from edge.keys import ACTIONS, POOL
from edge.queries import users as stored
from schemas.ids import is_id

NOTHING: Final = Body((), {})
USER: Final[Json] = {
    "type": "object",
    "properties": {
        "user_id": {"type": "string", "format": "uuid"},
        "email": {"type": "string"},
        "name": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "admin": {"type": "boolean"},
        "banned": {"type": "boolean"},
    },
}


async def users(request: web.Request) -> web.Response:
    """The people of the instance whose name or address contains `q`."""
    await _administers(request)
    return json_answer(await stored.users(request.app[POOL], one(request, "q") or "", page(request, "users")))


def governing(kind: str) -> Handler:
    """The handler of an action on somebody's account; its decider checks the office again."""

    async def handle(request: web.Request) -> web.Response:
        await _administers(request)
        body = await read_object(request, NOTHING)
        user_id = request.match_info["user_id"]
        if not is_id(user_id):
            raise not_found()

        async def run() -> Outcome:
            outcome = await request.app[ACTIONS].ask(kind, {"user_id": user_id}, asker(request, body))
            return Outcome(outcome.facts, Made(204))

        await request.app[ACTIONS].once(scope(request, body), run)
        return made_answer(Made(204))

    return handle


async def _administers(request: web.Request) -> None:
    if not await stored.administers(request.app[POOL], request[CALLER].user_id):
        raise ApiError("forbidden", "Only an administrator of the instance may do this.")


ROUTES: Final = (
    Route(
        "GET",
        "/api/users",
        users,
        "Everybody with an account, for administrators of the instance.",
        "users",
        "account",
        {200: Answer("A page of people.", listed(USER))},
        query=(Parameter("q", "Only those whose name or address contains this, whatever the case."), *LIST_QUERY),
        codes=("forbidden",),
    ),
    *(
        Route(
            "POST",
            f"/api/users/{{user_id}}/{verb}",
            governing(f"identity.{verb}_user"),
            about,
            "users",
            "account",
            {204: Answer("It is so.")},
            body=NOTHING.schema,
            codes=("forbidden", "not_found", "conflict", "unavailable", "outcome_unknown"),
        )
        for verb, about in (
            ("ban", "Ban a person: sessions and sockets close, and there are no new ones."),
            ("unban", "Lift a ban."),
        )
    ),
)
