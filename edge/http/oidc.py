"""Signing in through the identity provider: there and back."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from aiohttp import web

from edge.auth import cookies
from edge.auth.oidc.faults import ProviderAway, ProviderFault
from edge.auth.oidc.party import Party
from edge.auth.oidc.pending import SECONDS, Pending, Unlinked, begun, read_pending, write
from edge.errors import ApiError, not_found, problem_response
from edge.http.addresses import origin
from edge.http.answers import json_answer
from edge.http.arrivals import Arrival, TurnedAway, arrive
from edge.http.gatekeeper import stands_before
from edge.http.requests import one, trace
from edge.http.route import Answer, Parameter, Route
from edge.keys import KEYRING, PARTY, SETTINGS, TOKENS

BEGIN: Final = "/api/auth/oidc/login"
PATH: Final = "/api/auth/oidc"
PENDING: Final = "doska_oidc_"
UNLINKED: Final = "doska_oidc_link"
# A browser with more sign-ins under way than this forgets them all: the header must not grow without end.
MOST_PENDING: Final = 5
LONGEST: Final = 4096
PROVIDERS: Final = {
    "type": "object",
    "properties": {
        "providers": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "login": {"type": "string"}}},
        },
        "registration": {"enum": ["open", "invite", "closed"]},
        "gatekeeper": {"type": "boolean", "description": "A trusted proxy has signed this visitor in already."},
    },
}
log = structlog.get_logger(__name__)


async def providers(request: web.Request) -> web.Response:
    """The ways to sign in beside the password."""
    party = request.app[PARTY]
    return json_answer(
        {
            "providers": [] if party is None else [{"name": party.registration.name, "login": BEGIN}],
            "registration": request.app[SETTINGS].registration,
            "gatekeeper": stands_before(request),
        }
    )


async def login(request: web.Request) -> web.Response:
    """Send the browser to the provider."""
    party = _party(request)
    base = origin(request).base
    pending = begun(f"{base}{PATH}/callback", one(request, "next") or "/", time.time())
    try:
        response = redirect(await party.authorization(pending))
    except ProviderFault as error:
        return _refused(request, _fault(error), pending.next)
    underway = [name for name in request.cookies if name.startswith(PENDING)]
    if len(underway) >= MOST_PENDING:
        for name in underway:
            response.del_cookie(name, path=PATH)
    name = _cookie(pending.state)
    carry(response, name, write(request.app[KEYRING], name, pending), base)
    return response


async def callback(request: web.Request) -> web.Response:
    """The browser comes back with a code, or with a no."""
    party, keyring = _party(request), request.app[KEYRING]
    state = one(request, "state") or ""
    name = _cookie(state)
    pending = read_pending(keyring, name, request.cookies.get(name), time.time())
    if pending is None or pending.state != state:
        error = ApiError("forbidden", "This sign-in was begun in another browser, is over, or took too long.")
        return _refused(request, TurnedAway("stale", error), "/")
    try:
        arrival = await _arrived(request, party, pending)
    except TurnedAway as turned:
        response = _refused(request, turned, pending.next)
    except ApiError as error:
        # Too many at once, or the log is away: nothing that the provider could help.
        response = _refused(request, TurnedAway("away", error), pending.next)
    except _NeedsPassword as asked:
        link = urlencode({"next": pending.next})
        response = (
            redirect(f"/link-account?{link}") if wants_page(request) else problem_response(asked.error, trace(request))
        )
        carry(response, UNLINKED, write(keyring, UNLINKED, asked.unlinked), origin(request).base)
    else:
        response = redirect(f"/signin?{urlencode({'via': 'provider', 'next': pending.next})}")
        signed_in(request, response, arrival)
    # Once: whatever came of it, this sign-in is over.
    response.del_cookie(name, path=PATH)
    return response


def carry(response: web.Response, name: str, value: str, base: str) -> None:
    """Let the browser keep something for the rest of the way, for these routes alone."""
    secure = cookies.is_secure(base)
    response.set_cookie(name, value, path=PATH, max_age=SECONDS, httponly=True, samesite="Lax", secure=secure)


def signed_in(request: web.Request, response: web.Response, arrival: Arrival) -> None:
    """Give the browser its session."""
    token = request.app[TOKENS].refresh_token(arrival.user_id, arrival.session_id, 1)
    cookies.give(response, token, origin(request).base)


def redirect(to: str) -> web.Response:
    """A redirect, always as a GET."""
    return web.Response(status=302, headers={"Location": to})


def wants_page(request: web.Request) -> bool:
    """Whether a person waits in a browser, and not a program."""
    return "text/html" in request.headers.get("Accept", "")


class _NeedsPassword(Exception):
    def __init__(self, unlinked: Unlinked, error: ApiError) -> None:
        super().__init__()
        self.unlinked = unlinked
        self.error = error


async def _arrived(request: web.Request, party: Party, pending: Pending) -> Arrival:
    """Raises TurnedAway, _NeedsPassword and `ApiError`."""
    refusal, code = one(request, "error"), one(request, "code")
    if refusal is not None or not code or len(code) > LONGEST:
        word = "denied" if refusal == "access_denied" else "provider"
        log.info("the provider did not sign somebody in", error=(refusal or "no code")[:100])
        raise TurnedAway(word, ApiError("forbidden", "The provider did not sign you in."))
    try:
        identity = await party.identity(code, pending, one(request, "iss"))
    except ProviderFault as error:
        raise _fault(error) from error
    try:
        return await arrive(request, identity)
    except TurnedAway as turned:
        if turned.word != "password":
            raise
        raise _NeedsPassword(Unlinked(identity, pending.next, time.time()), turned.error) from turned


def _fault(error: ProviderFault) -> TurnedAway:
    """What a visitor is told; the log has the rest."""
    log.warning("signing in through the provider failed", reason=str(error))
    if isinstance(error, ProviderAway):
        return TurnedAway("away", ApiError("unavailable", "The identity provider cannot be reached now."))
    return TurnedAway("provider", ApiError("unauthenticated", "The identity provider's word is not good."))


def _refused(request: web.Request, turned: TurnedAway, then: str) -> web.Response:
    """A no: a page of our client for a person, a problem for a program."""
    if wants_page(request):
        return redirect(f"/signin?{urlencode({'fault': turned.word, 'next': then})}")
    return problem_response(turned.error, trace(request))


def _party(request: web.Request) -> Party:
    party = request.app[PARTY]
    if party is None:
        raise not_found()
    return party


def _cookie(state: str) -> str:
    """The cookie of a sign-in: several may be under way in one browser, each in its tab."""
    plain = "".join(character for character in state[:16] if character.isascii() and character.isalnum())
    return f"{PENDING}{plain or 'none'}"


_REDIRECT: Final[Mapping[int, Answer]] = {302: Answer("Go on there.")}
_QUERY: Final[tuple[Parameter, ...]] = (
    Parameter("state", "Of the sign-in."),
    Parameter("code", "From the provider."),
    Parameter("iss", "The provider's name for itself."),
    Parameter("error", "Why there is no code."),
)
_CODES: Final[Any] = ("unauthenticated", "forbidden", "not_found", "rate_limited", "unavailable", "outcome_unknown")

ROUTES: Final = (
    Route(
        "GET",
        "/api/auth/providers",
        providers,
        "The ways to sign in beside the password.",
        "auth",
        "anyone",
        {200: Answer("The providers; none where none is configured.", PROVIDERS)},
    ),
    Route(
        "GET",
        BEGIN,
        login,
        "Sign in through the identity provider: authorization code with PKCE.",
        "auth",
        "anyone",
        _REDIRECT,
        query=(Parameter("next", "The page of ours to come back to."),),
        codes=("unauthenticated", "not_found", "unavailable"),
    ),
    Route(
        "GET",
        f"{PATH}/callback",
        callback,
        "Where the provider sends the browser back to.",
        "auth",
        "anyone",
        _REDIRECT,
        query=_QUERY,
        codes=_CODES,
    ),
)
