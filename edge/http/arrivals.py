"""Somebody whom an identity provider knows comes in: the account that is meant, and a session for it."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.registering import open_personal
from edge.auth.oidc.words import Identity
from edge.errors import ApiError
from edge.http.bodies import Body, property_of
from edge.http.requests import client_of, traceparent
from edge.http.sessions_opened import address_of, registration_is_open
from edge.http.signing_in import language
from edge.keys import ACTIONS, LIMITS, POOL
from edge.queries import people, providers
from edge.queries.people import Credentials
from schemas.ids import new_id
from schemas.registry import registry

SIGN_IN: Final = "identity.sign_in_with_provider"
EMAIL: Final = Body(("email",), {"email": property_of(SIGN_IN, "email")})
NAME: Final = Body(("name",), {"name": property_of(SIGN_IN, "name")})
NAMELESS: Final = "?"


class TurnedAway(Exception):
    """Somebody may not come in; `word` is what the page of our client says it by."""

    def __init__(self, word: str, error: ApiError) -> None:
        super().__init__(word)
        self.word = word
        self.error = error


@dataclass(frozen=True, slots=True)
class Arrival:
    """A session that was opened."""

    user_id: str
    session_id: str


async def arrive(request: web.Request, identity: Identity, proven: Credentials | None = None) -> Arrival:
    """Open a session for an identity, with a new account or a new link where that is due.

    `proven` is the account whose password was shown. Raises TurnedAway, `password` when one must be shown first, and
    `ApiError`.
    """
    email = _valid(EMAIL, "email", identity.email)
    try:
        return await _once(request, identity, email, proven)
    except ApiError as error:
        # Linked to another account in the moment between our question and the decision: that one is meant.
        if error.code != "conflict":
            raise _turned(error) from error
    try:
        return await _once(request, identity, email, proven)
    except ApiError as error:
        raise _turned(error) from error


async def _once(request: web.Request, identity: Identity, email: str | None, proven: Credentials | None) -> Arrival:
    pool, actions = request.app[POOL], request.app[ACTIONS]
    user_id = await providers.linked(pool, identity.issuer, identity.subject)
    if user_id is None and proven is not None:
        user_id = proven.user_id
    if user_id is None and email is not None:
        known = await people.credentials_of_email(pool, email)
        user_id = known.user_id if known else None
    if user_id is None:
        _may_register(request, email)
        user_id = new_id()
    action_id = new_id()
    data: dict[str, Any] = {
        "user_id": user_id,
        "issuer": identity.issuer,
        "subject": identity.subject,
        "email_verified": identity.email_verified,
        "name": _valid(NAME, "name", identity.name) or (email or NAMELESS).partition("@")[0],
        "session_id": new_id(),
        "client": client_of(request),
        "address": address_of(request),
        "locale": language(request),
    }
    if email is not None:
        data["email"] = email
    if identity.session is not None:
        data["provider_session"] = identity.session
    if proven is not None:
        data["password_version"] = proven.password_version
    asker = Asker(user_id, traceparent=traceparent(request), session_id=data["session_id"])
    sealed = await actions.sealed(registry().get(SIGN_IN), data, action_id)
    outcome = await actions.ask(SIGN_IN, sealed, asker, action_id=action_id)
    if outcome.data_of("identity.user_registered") is not None:
        await open_personal(actions, asker)
    return Arrival(user_id, data["session_id"])


def _may_register(request: web.Request, email: str | None) -> None:
    if not registration_is_open(request):
        raise TurnedAway("closed", ApiError("forbidden", "Nobody can register here without an invitation."))
    if email is None:
        raise TurnedAway("email", ApiError("forbidden", "The provider did not tell an e-mail address."))
    request.app[LIMITS].registrations.take(address_of(request))


def _turned(error: ApiError) -> Exception:
    """The decider's refusal, as the page says it."""
    if error.code != "forbidden":
        return error
    wants_password = any(one.path == "/password" for one in error.errors)
    return TurnedAway("password" if wants_password else "banned", error)


def _valid(body: Body, name: str, value: str | None) -> str | None:
    """What the provider said, when it is what we could keep."""
    try:
        body.check({name: value})
    except ApiError:
        return None
    return value
