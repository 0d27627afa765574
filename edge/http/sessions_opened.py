"""The answer to whoever has just proved who he is: tokens, in the body and in a cookie."""

import time
from typing import Any, Final

from aiohttp import web

from edge.auth import cookies
from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.http.addresses import origin
from edge.http.answers import json_answer
from edge.keys import POOL, SETTINGS, TOKENS
from edge.queries import people

Json = dict[str, Any]
USER: Final[Json] = {
    "type": "object",
    "required": ["user_id", "name", "color", "locale", "guest"],
    "properties": {
        "user_id": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "description": "Absent for guests."},
        "name": {"type": "string"},
        "color": {"type": "string"},
        "locale": {"type": "string"},
        "guest": {"type": "boolean"},
        "avatar": {"type": "string", "description": "`initials`, a shape or an emoji; absent: the initials."},
        "time_zone": {"type": "string", "description": "A name of the IANA database; absent: the browser's."},
        "consents": {
            "type": "array",
            "items": {"enum": ["analytics"]},
            "description": "What one consented to; absent: nothing.",
        },
        "admin": {"const": True, "description": "Administers the instance; absent for everybody else."},
    },
}
SESSION: Final[Json] = {
    "type": "object",
    "required": ["user", "session_id", "access_token", "expires_in"],
    "properties": {
        "user": USER,
        "session_id": {"type": "string", "format": "uuid"},
        "access_token": {"type": "string"},
        "expires_in": {"type": "integer", "description": "Seconds."},
        "refresh_token": {"type": "string", "description": "Only for clients that send no Origin."},
    },
}


async def session_answer(
    request: web.Request, *, user_id: str, session_id: str, generation: int, status: int = 200
) -> web.Response:
    """Tokens for a session. Raises `ApiError` `unauthenticated` when the person is gone meanwhile."""
    user = await people.person(request.app[POOL], user_id)
    if user is None:
        raise ApiError("unauthenticated", "There is no such account.")
    tokens, now = request.app[TOKENS], time.time()
    caller = Caller(
        user_id=user_id,
        session_id=session_id,
        name=user["name"],
        color=user["color"],
        guest=False,
        link_id=None,
        board_id=None,
        expires_at=now + tokens.access_seconds,
        locale=user["locale"],
    )
    refresh = tokens.refresh_token(user_id, session_id, generation)
    body: Json = {
        "user": user,
        "session_id": session_id,
        "access_token": tokens.mint_access(caller, now),
        "expires_in": tokens.access_seconds,
    }
    if "Origin" not in request.headers:
        body["refresh_token"] = refresh
    response = json_answer(body, status)
    cookies.give(response, refresh, origin(request).base)
    return response


def without_cookie(request: web.Request) -> web.Response:
    """204, and the browser forgets the refresh token."""
    response = web.Response(status=204)
    cookies.take_back(response, origin(request).base)
    return response


def address_of(request: web.Request) -> str:
    """The client's network address, as far as it is kept."""
    return origin(request).client[:64]


def registration_is_open(request: web.Request) -> bool:
    """Whether anybody may make an account."""
    return request.app[SETTINGS].registration == "open"
