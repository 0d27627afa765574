"""Goes on with a session, or ends it."""

from typing import Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.auth import cookies, origins
from edge.errors import ApiError, problem_response
from edge.http.addresses import origin
from edge.http.bodies import Body, read_object
from edge.http.requests import CALLER, trace, traceparent
from edge.http.route import Answer, Route
from edge.http.sessions_opened import SESSION, session_answer, without_cookie
from edge.keys import ACTIONS, SETTINGS, TOKENS

REFRESH: Final = Body((), {"refresh_token": {"type": "string", "maxLength": 1024}})
NOTHING: Final = Body((), {})


async def refresh(request: web.Request) -> web.Response:
    """The next access and refresh token, for the refresh token in the body or else in the cookie."""
    body = await read_object(request, REFRESH)
    by_cookie = "refresh_token" not in body
    token = cookies.read(request) if by_cookie else body["refresh_token"]
    if (
        by_cookie
        and token is not None
        and not origins.allowed(request.app[SETTINGS], request.headers.get("Origin", ""))
    ):
        raise ApiError("forbidden", "A refresh by cookie needs an Origin of ours.")
    if token is None:
        raise ApiError("unauthenticated", "There is no refresh token: log in.")
    try:
        said = request.app[TOKENS].parse_refresh(token)
        data = {"user_id": said.user_id, "session_id": said.session_id, "generation": said.generation}
        asker = Asker(said.user_id, traceparent=traceparent(request), session_id=said.session_id)
        outcome = await request.app[ACTIONS].ask("identity.rotate_session", data, asker)
    except ApiError as error:
        if not by_cookie or error.code != "unauthenticated":
            raise
        # A token that will never work again is not sent again.
        response = problem_response(error, trace(request))
        cookies.take_back(response, origin(request).base)
        return response
    rotated = outcome.data_of("identity.session_rotated")
    return await session_answer(
        request,
        user_id=said.user_id,
        session_id=said.session_id,
        generation=rotated["generation"] if rotated else said.generation,
    )


async def logout(request: web.Request) -> web.Response:
    """Close the caller's session."""
    await read_object(request, NOTHING)
    caller = request[CALLER]
    data = {"user_id": caller.user_id, "session_id": caller.session_id}
    await request.app[ACTIONS].ask(
        "identity.close_session",
        data,
        Asker(caller.user_id, traceparent=traceparent(request), session_id=caller.session_id),
    )
    return without_cookie(request)


ROUTES: Final = (
    Route(
        "POST",
        "/api/auth/refresh",
        refresh,
        "Rotate the refresh token; for 30 seconds the old one gives the same successor.",
        "auth",
        "anyone",
        {200: Answer("The session's next tokens.", SESSION)},
        body=REFRESH.schema,
        codes=("unauthenticated", "forbidden", "unavailable", "outcome_unknown"),
    ),
    Route(
        "POST",
        "/api/auth/logout",
        logout,
        "Close the caller's session: its tokens are refused, its sockets closed.",
        "auth",
        "account",
        {204: Answer("The session is closed.")},
        body=NOTHING.schema,
        codes=("unavailable", "outcome_unknown"),
    ),
)
