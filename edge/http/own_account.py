"""What the routes of one's own account share: the password once more, and on whose behalf is asked."""

from typing import Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.outcome import Json
from edge.errors import at
from edge.http.requests import CALLER, KEY, scope, traceparent
from edge.http.sessions_opened import address_of
from edge.keys import LOGINS, PASSWORDS, POOL
from edge.queries import people
from edge.queries.people import Credentials

# Not the rules of a new password: what was taken once must be taken again.
OLD_PASSWORD: Final = {"type": "string", "maxLength": 256}


async def verified(request: web.Request, password: str) -> Credentials:
    """The caller's credentials, which the password has proved.

    Raises `ApiError` `forbidden` at `/password` for a wrong one, `rate_limited` after too many.
    """
    user_id = request[CALLER].user_id
    async with request.app[LOGINS].attempt(user_id, address_of(request)) as wrong:
        known = await people.credentials_of(request.app[POOL], user_id)
        if not await request.app[PASSWORDS].verify(password, known.password_hash if known else None) or known is None:
            wrong()
            raise at("forbidden", "/password", "The password is wrong.")
    return known


def asker(request: web.Request, body: Json) -> Asker:
    """The caller, with the key that guards the request."""
    guard = scope(request, body)
    return Asker(guard.user_id, None, request[KEY], guard.fingerprint, traceparent(request), request[CALLER].session_id)
