"""One's own account: who one is, a new password, the end of it. The profile is changed by an action."""

from typing import Final

from aiohttp import web

from edge.actions.outcome import Json, Made, Outcome
from edge.auth import cookies
from edge.errors import ApiError
from edge.http.addresses import origin
from edge.http.answers import json_answer, made_answer
from edge.http.bodies import Body, property_of, read_object
from edge.http.own_account import OLD_PASSWORD, asker, verified
from edge.http.requests import CALLER, scope
from edge.http.route import Answer, Route
from edge.http.sessions_opened import USER
from edge.keys import ACTIONS, POOL
from edge.queries import people
from schemas.ids import new_id
from schemas.registry import registry

CHANGE: Final = "identity.change_password"
CHANGED_PASSWORD: Final = Body(
    ("password", "new_password"), {"password": OLD_PASSWORD, "new_password": property_of(CHANGE, "password")}
)
LEAVING: Final = Body(("password",), {"password": OLD_PASSWORD})


async def me(request: web.Request) -> web.Response:
    """Who calls."""
    caller = request[CALLER]
    if caller.guest:
        return json_answer(
            {
                "user_id": caller.user_id,
                "name": caller.name,
                "color": caller.color,
                "locale": caller.locale,
                "guest": True,
            }
        )
    person = await people.person(request.app[POOL], caller.user_id)
    if person is None:
        raise ApiError("unauthenticated", "There is no such account.")
    return json_answer(person)


async def change_password(request: web.Request) -> web.Response:
    """A new password; every other session closes."""
    body = await read_object(request, CHANGED_PASSWORD)
    caller, actions = request[CALLER], request.app[ACTIONS]

    async def run() -> Outcome:
        await verified(request, body["password"])
        action_id = new_id()
        data: Json = {
            "user_id": caller.user_id,
            "password": body["new_password"],
            "keep_session_id": caller.session_id,
        }
        data = await actions.sealed(registry().get(CHANGE), data, action_id)
        outcome = await actions.ask(CHANGE, data, asker(request, body), action_id=action_id)
        return Outcome(outcome.facts, Made(204))

    await actions.once(scope(request, body), run)
    return made_answer(Made(204))


async def leave(request: web.Request) -> web.Response:
    """Delete the account, its sessions and its personal workspace."""
    body = await read_object(request, LEAVING)
    caller, actions = request[CALLER], request.app[ACTIONS]

    async def run() -> Outcome:
        await verified(request, body["password"])
        outcome = await actions.ask("identity.delete_user", {"user_id": caller.user_id}, asker(request, body))
        return Outcome(outcome.facts, Made(204))

    await actions.once(scope(request, body), run)
    response = made_answer(Made(204))
    cookies.take_back(response, origin(request).base)
    return response


ROUTES: Final = (
    Route("GET", "/api/me", me, "Who calls.", "me", "caller", {200: Answer("The caller.", USER)}),
    Route(
        "DELETE",
        "/api/me",
        leave,
        "Delete the account; the personal workspace goes along.",
        "me",
        "account",
        {204: Answer("The account is gone.")},
        body=LEAVING.schema,
        codes=("forbidden", "conflict", "unavailable", "outcome_unknown"),
    ),
    Route(
        "POST",
        "/api/me/password",
        change_password,
        "Change the password; other sessions close.",
        "me",
        "account",
        {204: Answer("The new password counts.")},
        body=CHANGED_PASSWORD.schema,
        codes=("forbidden", "conflict", "unavailable", "outcome_unknown"),
    ),
)
