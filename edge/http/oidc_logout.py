"""The provider says that somebody has logged out there: his sessions here end, and their sockets close (4440)."""

from typing import Final
from urllib.parse import parse_qs

import structlog
from aiohttp import web

from edge.actions.asking import Asker
from edge.auth.oidc.faults import ProviderAway, ProviderFault
from edge.errors import ApiError, not_found
from edge.http.bodies import read_bytes, refuse_encoding
from edge.http.requests import traceparent
from edge.http.route import Answer, Route
from edge.keys import ACTIONS, PARTY, POOL
from edge.queries import providers

FORM: Final = "application/x-www-form-urlencoded"
MAX_BYTES: Final = 64 * 1024
log = structlog.get_logger(__name__)


async def logged_out(request: web.Request) -> web.Response:
    """Close the sessions that a logout token names. One that names none of ours is fine: they are closed."""
    party = request.app[PARTY]
    if party is None:
        raise not_found()
    try:
        ended = await party.ended(await _logout_token(request))
    except ProviderAway as error:
        log.warning("a logout cannot be checked", reason=str(error))
        raise ApiError("unavailable", "The identity provider cannot be asked now: send it again.") from error
    except ProviderFault as error:
        log.warning("a logout is not good", reason=str(error))
        raise ApiError("malformed", "The logout token is not good.") from error
    for each in await providers.sessions(request.app[POOL], ended.issuer, ended.subject, ended.session):
        data = {"user_id": each.user_id, "session_id": each.session_id}
        asker = Asker(each.user_id, traceparent=traceparent(request), session_id=each.session_id)
        try:
            await request.app[ACTIONS].ask("identity.close_session", data, asker)
        except ApiError as error:
            # Gone in this moment, with the whole account perhaps: that is what was wanted.
            if error.code != "not_found":
                raise
    return web.Response(status=200)


async def _logout_token(request: web.Request) -> str:
    """The token of the form; this body is the one that the standard says. Raises `ApiError`."""
    refuse_encoding(request)
    if request.content_type != FORM:
        raise ApiError("unsupported_media_type", f"A logout is sent as {FORM}.")
    raw = await read_bytes(request, MAX_BYTES)
    try:
        found = parse_qs(raw.decode("ascii"), max_num_fields=20).get("logout_token", [])
    except ValueError:
        found = []
    if len(found) != 1:
        raise ApiError("malformed", "There must be one logout_token.")
    return found[0]


ROUTES: Final = (
    Route(
        "POST",
        "/api/auth/oidc/backchannel-logout",
        logged_out,
        "OpenID Connect Back-Channel Logout: the form has one logout_token.",
        "auth",
        "anyone",
        {200: Answer("The sessions are closed.")},
        codes=("malformed", "not_found", "too_large", "unsupported_media_type", "unavailable", "outcome_unknown"),
    ),
)
