"""The cookie that holds the refresh token: where it goes, and when it must not travel in the clear."""

from aiohttp import web

from edge.settings import is_plain_loopback

NAME = "doska_refresh"
PATH = "/api/auth"
# Browsers forget it after this much idleness; the server's word on the session is what counts.
MAX_AGE_SECONDS = 90 * 24 * 3600


def give(response: web.Response, token: str, address: str) -> None:
    """Set the refresh cookie; `address` is the one under which the person reaches us, with its scheme."""
    response.set_cookie(
        NAME,
        token,
        path=PATH,
        max_age=MAX_AGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=is_secure(address),
    )


def take_back(response: web.Response, address: str) -> None:
    """Remove the refresh cookie."""
    response.del_cookie(NAME, path=PATH, httponly=True, samesite="Lax", secure=is_secure(address))


def read(request: web.Request) -> str | None:
    """The refresh token that came as a cookie."""
    return request.cookies.get(NAME) or None


def is_secure(address: str) -> bool:
    """Whether the cookie must only travel encrypted: always, but for plain http on the loopback."""
    return not is_plain_loopback(address)
