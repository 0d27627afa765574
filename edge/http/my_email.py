"""The e-mail address of an account: another one, and the token that proves it."""

from typing import Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.outcome import Json, Made, Outcome
from edge.errors import ApiError
from edge.http.answers import made_answer
from edge.http.bodies import Body, property_of, read_object
from edge.http.own_account import OLD_PASSWORD, asker, verified
from edge.http.requests import CALLER, scope, traceparent
from edge.http.route import Answer, Route
from edge.http.sessions_opened import address_of
from edge.keys import ACTIONS, KEYRING, LIMITS, SETTINGS
from schemas import mail_tokens
from schemas.ids import new_id
from schemas.registry import registry

CHANGE: Final = "identity.change_email"
CHANGED: Final = Body(("email", "password"), {"email": property_of(CHANGE, "email"), "password": OLD_PASSWORD})
CONFIRMING: Final = Body(("token",), {"token": {"type": "string", "maxLength": 200}})


async def change_email(request: web.Request) -> web.Response:
    """Another address: at once, or after a token that is mailed to it where mail is configured."""
    body = await read_object(request, CHANGED)
    caller, actions = request[CALLER], request.app[ACTIONS]
    mailed = request.app[SETTINGS].smtp_url is not None

    async def run() -> Outcome:
        known = await verified(request, body["password"])
        action_id = new_id()
        data: Json = {
            "user_id": caller.user_id,
            "email": body["email"],
            "password_version": known.password_version,
        }
        if mailed:
            data["confirmation_id"] = new_id()
        data = await actions.sealed(registry().get(CHANGE), data, action_id)
        outcome = await actions.ask(CHANGE, data, asker(request, body), action_id=action_id)
        return Outcome(outcome.facts, Made(202 if mailed else 204))

    await actions.once(scope(request, body), run)
    return made_answer(Made(202 if mailed else 204))


async def confirm(request: web.Request) -> web.Response:
    """The token that was mailed to an address came back: the address counts."""
    body = await read_object(request, CONFIRMING)
    request.app[LIMITS].letters.take(address_of(request))
    named = mail_tokens.read(request.app[KEYRING], "confirm", body["token"])
    if named is None:
        raise ApiError("gone", "This link was used before, or it is too old.")
    user_id, confirmation_id = named
    data = {"user_id": user_id, "confirmation_id": confirmation_id}
    await request.app[ACTIONS].ask("identity.confirm_email", data, Asker(user_id, traceparent=traceparent(request)))
    return web.Response(status=204)


ROUTES: Final = (
    Route(
        "POST",
        "/api/me/email",
        change_email,
        "Change the e-mail address. Where mail is configured it counts when the token mailed to it comes back.",
        "me",
        "account",
        {204: Answer("The address counts."), 202: Answer("A token was mailed to the address.")},
        body=CHANGED.schema,
        codes=("forbidden", "conflict", "rate_limited", "unavailable", "outcome_unknown"),
    ),
    Route(
        "POST",
        "/api/auth/confirm",
        confirm,
        "Confirm an e-mail address with the token that was mailed to it.",
        "auth",
        "anyone",
        {204: Answer("The address counts.")},
        body=CONFIRMING.schema,
        codes=("conflict", "gone", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
