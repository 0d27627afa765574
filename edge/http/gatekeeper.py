"""A Gatekeeper before us has signed somebody in: its token is checked, and nothing else that it says is believed."""

from typing import Final

import structlog
from aiohttp import web

from edge.auth import origins
from edge.auth.oidc.faults import ProviderAway, ProviderFault
from edge.errors import ApiError
from edge.http.addresses import is_by_believed_proxy
from edge.http.arrivals import TurnedAway, arrive
from edge.http.bodies import Body, read_object
from edge.http.route import Answer, Route
from edge.http.sessions_opened import SESSION, session_answer
from edge.keys import PARTY, SETTINGS

# The proxy passes through what a client wrote into `X-Auth-*` on its white-listed paths, so a header alone says
# nothing. The token says who it is, whoever brought it.
HEADER: Final = "X-Auth-Token"
NOTHING: Final = Body((), {})
log = structlog.get_logger(__name__)


def stands_before(request: web.Request) -> bool:
    """Whether a trusted proxy has put a token beside this request."""
    return _token(request) is not None


async def enter(request: web.Request) -> web.Response:
    """Open a session for whom the proxy's token names."""
    await read_object(request, NOTHING)
    settings, party, token = request.app[SETTINGS], request.app[PARTY], _token(request)
    asking = request.headers.get("Origin")
    if asking is not None and not origins.allowed(settings, asking):
        raise ApiError("forbidden", "A sign-in through the proxy needs an Origin of ours.")
    if party is None or token is None:
        raise ApiError("unauthenticated", "No trusted proxy has signed you in.")
    try:
        identity = await party.bearer(token, settings.oidc_gatekeeper_client_id)
    except ProviderAway as error:
        log.warning("a proxy's token cannot be checked", reason=str(error))
        raise ApiError("unavailable", "The identity provider cannot be reached now.") from error
    except ProviderFault as error:
        log.warning("a proxy's token is not good", reason=str(error))
        raise ApiError("unauthenticated", "The token of the proxy is not good.") from error
    try:
        arrival = await arrive(request, identity)
    except TurnedAway as turned:
        raise turned.error from turned
    return await session_answer(request, user_id=arrival.user_id, session_id=arrival.session_id, generation=1)


def _token(request: web.Request) -> str | None:
    """The proxy's token; None from anybody else, and where there are two, since one of them is the client's own."""
    if not request.app[SETTINGS].oidc_gatekeeper_client_id or not is_by_believed_proxy(request):
        return None
    found = request.headers.getall(HEADER, [])
    return found[0] if len(found) == 1 and found[0] else None


ROUTES: Final = (
    Route(
        "POST",
        "/api/auth/gatekeeper",
        enter,
        "Open a session for whom a trusted proxy has signed in.",
        "auth",
        "anyone",
        {200: Answer("The session.", SESSION)},
        body=NOTHING.schema,
        codes=("unauthenticated", "forbidden", "rate_limited", "unavailable", "outcome_unknown"),
    ),
)
