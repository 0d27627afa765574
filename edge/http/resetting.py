"""A forgotten password: asking for a link by mail, and setting a new password with a link."""

from typing import Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.auth import cookies
from edge.errors import ApiError
from edge.http.addresses import origin
from edge.http.bodies import Body, property_of, read_object
from edge.http.requests import traceparent
from edge.http.route import Answer, Route
from edge.http.sessions_opened import address_of
from edge.keys import ACTIONS, KEYRING, LIMITS, POOL
from edge.queries import people
from schemas import mail_tokens
from schemas.ids import new_id
from schemas.registry import registry

RESET: Final = "identity.reset_password"
FORGOT: Final = Body(("email",), {"email": {"type": "string", "maxLength": 254}})
RESETTING: Final = Body(
    ("token", "password"), {"token": {"type": "string", "maxLength": 200}, "password": property_of(RESET, "password")}
)


async def forgot(request: web.Request) -> web.Response:
    """Ask for a link by mail. The answer and its time are the same for an address that nobody has.

    So the action is asked for nobody too, and nobody waits for its decision: whether something comes of it shows in
    the mailbox alone. Without configured mail nothing is sent: an operator makes the link.
    """
    body = await read_object(request, FORGOT)
    request.app[LIMITS].letters.take(address_of(request))
    known = await people.credentials_of_email(request.app[POOL], body["email"])
    data = {"user_id": known.user_id if known else new_id(), "reset_id": new_id(), "by": "mail"}
    asker = Asker(data["user_id"], traceparent=traceparent(request))
    await request.app[ACTIONS].tell("identity.request_reset", data, asker)
    return web.Response(status=202)


async def reset(request: web.Request) -> web.Response:
    """Set a new password with the token of a link; every session of the account closes."""
    body = await read_object(request, RESETTING)
    request.app[LIMITS].letters.take(address_of(request))
    named = mail_tokens.read(request.app[KEYRING], "reset", body["token"])
    if named is None:
        raise ApiError("gone", "This link was used before, or it is too old: ask for another.")
    user_id, reset_id = named
    actions, action_id = request.app[ACTIONS], new_id()
    data = {"user_id": user_id, "reset_id": reset_id, "password": body["password"]}
    sealed = await actions.sealed(registry().get(RESET), data, action_id)
    await actions.ask(RESET, sealed, Asker(user_id, traceparent=traceparent(request)), action_id=action_id)
    response = web.Response(status=204)
    cookies.take_back(response, origin(request).base)
    return response


ROUTES: Final = (
    Route(
        "POST",
        "/api/auth/forgot",
        forgot,
        "Ask for a link that sets a new password, by mail where mail is configured.",
        "auth",
        "anyone",
        {202: Answer("A link is on its way if somebody has this address.")},
        body=FORGOT.schema,
        codes=("rate_limited", "unavailable", "outcome_unknown"),
    ),
    Route(
        "POST",
        "/api/auth/reset",
        reset,
        "Set a new password with the token of a link; all sessions close.",
        "auth",
        "anyone",
        {204: Answer("The new password counts; log in with it.")},
        body=RESETTING.schema,
        codes=("gone", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
