"""Registration and login."""

from typing import Any, Final

from aiohttp import web

from edge.actions import registering
from edge.actions.asking import Asker
from edge.actions.registering import REGISTER
from edge.errors import ApiError
from edge.http.bodies import Body, property_of, read_object
from edge.http.requests import client_of, traceparent
from edge.http.route import Answer, Route
from edge.http.sessions_opened import SESSION, address_of, registration_is_open, session_answer
from edge.keys import ACTIONS, LIMITS, LOGINS, PASSWORDS, POOL, SETTINGS
from edge.queries import people
from schemas.ids import new_id
from schemas.registry import registry

OPEN: Final = "identity.open_session"
LANGUAGES: Final = ("ru", "en")

REGISTRATION: Final = Body(
    ("email", "password", "name"), {name: property_of(REGISTER, name) for name in ("email", "password", "name")}
)
# Not the rules of a new password: what was taken once must be taken again.
LOGIN: Final = Body(
    ("email", "password"),
    {"email": {"type": "string", "maxLength": 254}, "password": {"type": "string", "maxLength": 256}},
)


async def register(request: web.Request) -> web.Response:
    """Make an account, with a first session and a personal workspace."""
    if not registration_is_open(request):
        raise ApiError("forbidden", "Nobody can register here without an invitation.")
    body = await read_object(request, REGISTRATION)
    address = address_of(request)
    request.app[LIMITS].registrations.take(address)
    data: dict[str, Any] = {
        **body,
        "user_id": new_id(),
        "session_id": new_id(),
        "client": client_of(request),
        "address": address,
        "locale": language(request),
    }
    if request.app[SETTINGS].smtp_url is not None:
        data["confirmation_id"] = new_id()
    asker = Asker(data["user_id"], traceparent=traceparent(request), session_id=data["session_id"])
    await registering.register(request.app[ACTIONS], data, asker)
    return await session_answer(
        request, user_id=data["user_id"], session_id=data["session_id"], generation=1, status=201
    )


async def login(request: web.Request) -> web.Response:
    """Open a session. An unknown address and a wrong password get the same answer in the same time."""
    body = await read_object(request, LOGIN)
    address, passwords = address_of(request), request.app[PASSWORDS]
    async with request.app[LOGINS].attempt(body["email"].lower(), address) as failed:
        known = await people.credentials_of_email(request.app[POOL], body["email"])
        if not await passwords.verify(body["password"], known.password_hash if known else None) or known is None:
            failed()
            raise ApiError("unauthenticated", "The e-mail address or the password is wrong.")
    actions, action_id = request.app[ACTIONS], new_id()
    data: dict[str, Any] = {
        "user_id": known.user_id,
        "session_id": new_id(),
        "client": client_of(request),
        "address": address,
        "password_version": known.password_version,
    }
    if known.password_hash is not None and passwords.is_outdated(known.password_hash):
        data["password"] = body["password"]
    data = await actions.sealed(registry().get(OPEN), data, action_id)
    asker = Asker(known.user_id, traceparent=traceparent(request), session_id=data["session_id"])
    opened = (await actions.ask(OPEN, data, asker, action_id=action_id)).data_of("identity.session_opened")
    return await session_answer(
        request,
        user_id=known.user_id,
        session_id=data["session_id"],
        generation=opened["generation"] if opened else 1,
    )


def language(request: web.Request) -> str:
    """The first of our languages that the client's `Accept-Language` names; English when it names none."""
    for wish in request.headers.get("Accept-Language", "").split(","):
        tag = wish.partition(";")[0].strip().lower().partition("-")[0]
        if tag in LANGUAGES:
            return tag
    return "en"


ROUTES: Final = (
    Route(
        "POST",
        "/api/auth/register",
        register,
        "Make an account, with a first session and a personal workspace.",
        "auth",
        "anyone",
        {201: Answer("The account and its first session.", SESSION)},
        body=REGISTRATION.schema,
        codes=("forbidden", "conflict", "rate_limited", "unavailable", "outcome_unknown"),
    ),
    Route(
        "POST",
        "/api/auth/login",
        login,
        "Open a session with e-mail address and password.",
        "auth",
        "anyone",
        {200: Answer("The session.", SESSION)},
        body=LOGIN.schema,
        codes=("unauthenticated", "forbidden", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
