"""An account that is here already is linked to the provider, after its password was shown."""

import time
from typing import Final

from aiohttp import web

from edge.auth import origins
from edge.auth.oidc.pending import Unlinked, read_unlinked
from edge.errors import ApiError, at
from edge.http.answers import json_answer
from edge.http.arrivals import TurnedAway, arrive
from edge.http.bodies import Body, read_object
from edge.http.oidc import PATH, UNLINKED
from edge.http.route import Answer, Route
from edge.http.sessions_opened import SESSION, address_of, session_answer
from edge.keys import KEYRING, LOGINS, PARTY, PASSWORDS, POOL, SETTINGS
from edge.queries import people
from edge.queries.people import Credentials

PASSWORD: Final = Body(("password",), {"password": {"type": "string", "maxLength": 256}})
WAITING: Final = {
    "type": "object",
    "properties": {"email": {"type": "string"}, "provider": {"type": "string"}, "next": {"type": "string"}},
}


async def waiting(request: web.Request) -> web.Response:
    """Which account is to be linked."""
    unlinked, party = _unlinked(request), request.app[PARTY]
    name = "" if party is None else party.registration.name
    return json_answer({"email": unlinked.identity.email, "provider": name, "next": unlinked.next})


async def link(request: web.Request) -> web.Response:
    """Link it and sign in."""
    body = await read_object(request, PASSWORD)
    unlinked = _unlinked(request)
    if not origins.allowed(request.app[SETTINGS], request.headers.get("Origin", "")):
        raise ApiError("forbidden", "To link an account needs an Origin of ours.")
    proven = await _proven(request, unlinked.identity.email or "", body["password"])
    try:
        arrival = await arrive(request, unlinked.identity, proven)
    except TurnedAway as turned:
        raise turned.error from turned
    response = await session_answer(request, user_id=arrival.user_id, session_id=arrival.session_id, generation=1)
    response.del_cookie(UNLINKED, path=PATH)
    return response


def _unlinked(request: web.Request) -> Unlinked:
    cookie = request.cookies.get(UNLINKED)
    found = read_unlinked(request.app[KEYRING], UNLINKED, cookie, time.time())
    if found is None:
        raise ApiError("gone", "There is no sign-in to go on with, or it took too long: begin again.")
    return found


async def _proven(request: web.Request, email: str, password: str) -> Credentials:
    """The account whose password this is; counted and answered as a login. Raises `ApiError`."""
    async with request.app[LOGINS].attempt(email.lower(), address_of(request)) as failed:
        known = await people.credentials_of_email(request.app[POOL], email)
        if not await request.app[PASSWORDS].verify(password, known.password_hash if known else None) or known is None:
            failed()
            raise at("forbidden", "/password", "The password is wrong.")
    return known


ROUTES: Final = (
    Route(
        "GET",
        f"{PATH}/link",
        waiting,
        "Which account wants its password before it is linked to the provider.",
        "auth",
        "anyone",
        {200: Answer("The account.", WAITING)},
        codes=("gone",),
    ),
    Route(
        "POST",
        f"{PATH}/link",
        link,
        "Link the account to the provider, and open a session.",
        "auth",
        "anyone",
        {200: Answer("The session.", SESSION)},
        body=PASSWORD.schema,
        codes=("unauthenticated", "forbidden", "gone", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
