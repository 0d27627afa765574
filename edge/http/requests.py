"""What a handler knows of its request beside the body: who calls, from where, under which trace and key."""

from collections.abc import Callable
from typing import Final, TypeVar

from aiohttp import web

from edge.actions.idempotency import Scope, checked, new_key
from edge.auth.callers import Caller
from edge.errors import ApiError, at
from edge.keys import ACTIONS, RIGHTS, TOKENS
from edge.queries.pages import Page, read_cursor, read_limit
from topics.runtime.tracing import child, trace_id

CALLER: Final = web.RequestKey("caller", Caller)
TRACE: Final = web.RequestKey("traceparent", str)
KEY: Final = web.RequestKey("idempotency_key", str)
OWN_KEY: Final = web.RequestKey("idempotency_key_made_here", bool)
KEY_HEADER: Final = "Idempotency-Key"
# One name for all addresses that are none of ours: metrics and logs must not grow with what people try.
ELSEWHERE: Final = "elsewhere"
T = TypeVar("T")


def bearer(request: web.Request) -> str | None:
    """The token of the `Authorization` header. Raises `ApiError` `unauthenticated` for a header of another form."""
    values = request.headers.getall("Authorization", [])
    if not values:
        return None
    scheme, _, token = values[0].strip().partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise ApiError("unauthenticated", "The Authorization header must be: Bearer <access token>.")
    return token.strip()


async def identify(request: web.Request, now: float) -> Caller:
    """Who calls. Raises `ApiError` `unauthenticated`."""
    token = bearer(request)
    if token is None:
        raise ApiError("unauthenticated", "This needs an access token: Authorization: Bearer <token>.")
    caller = request.app[TOKENS].verify_access(token, now)
    await request.app[RIGHTS].ensure_alive(caller)
    return caller


def traceparent(request: web.Request) -> str:
    """The trace of this request."""
    found = request.get(TRACE)
    if found is None:
        found = request[TRACE] = child(request.headers.get("traceparent"))
    return found


def trace(request: web.Request) -> str:
    """The id of the trace, as errors and logs show it."""
    return trace_id(traceparent(request)) or ""


def route_of(request: web.Request) -> str:
    """The address as the table of routes has it: what stands there really may be the token of a link."""
    resource = request.match_info.route.resource
    return ELSEWHERE if resource is None else resource.canonical


def take_key(request: web.Request) -> None:
    """Note the client's Idempotency-Key, or make one. Raises `ApiError` `schema_invalid`."""
    key = checked(request.headers.get(KEY_HEADER))
    request[OWN_KEY] = key is None
    request[KEY] = key or new_key()


def scope(request: web.Request, body: object) -> Scope:
    """The scope of a write that is no action of the registry."""
    fingerprint = request.app[ACTIONS].fingerprints.of(request.method, request.path_qs, body)
    return Scope(request[CALLER].user_id, request[KEY], fingerprint, made_here=request[OWN_KEY])


def client_of(request: web.Request) -> str:
    """What the client calls itself, as far as it is kept."""
    agent = request.headers.get("User-Agent", "")
    return agent.encode("utf-8", "replace").decode().replace("\0", "")[:200]


def page(request: web.Request, name: str) -> Page:
    """The page of the list `name` that is asked for. Raises `ApiError` `schema_invalid`."""
    return Page(read_limit(one(request, "limit")), read_cursor(name, one(request, "cursor")))


def one(request: web.Request, name: str) -> str | None:
    """A query parameter, None when it is absent. Raises `ApiError` `schema_invalid` when it cannot be meant."""
    values = request.query.getall(name, [])
    if len(values) > 1:
        raise at("schema_invalid", f"/{name}", "This parameter stands there more than once.")
    if not values:
        return None
    if "\0" in values[0] or not _is_text(values[0]):
        raise at("schema_invalid", f"/{name}", "U+0000 and broken characters are not allowed.")
    return values[0]


def read(request: web.Request, name: str, parse: Callable[[str], T], default: T) -> T:
    """A query parameter by `parse`, which raises ValueError with what is expected."""
    text = one(request, name)
    if text is None:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise at("schema_invalid", f"/{name}", str(error)) from None


def truth(text: str) -> bool:
    """`true` or `false`. Raises ValueError."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _is_text(text: str) -> bool:
    """Whether text came as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
