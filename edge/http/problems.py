"""Turns every refusal and every bug into a problem of the contract's form."""

import asyncio
from typing import Final, TypeVar

import structlog
from aiohttp import web

from edge.errors import ApiError, problem_response
from edge.http.requests import KEY, KEY_HEADER, route_of, trace
from edge.http.route import Handler
from schemas.problems import Code

CODES: Final[dict[int, Code]] = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
E = TypeVar("E", bound=Exception)
log = structlog.get_logger(__name__)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what `handler` answers, or say what is wrong; a write's answer names its Idempotency-Key."""
    try:
        response = await handler(request)
    except ApiError as error:
        response = problem_response(_started(request, error), trace(request))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = problem_response(of_library(_started(request, error)), trace(request))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if isinstance(error, ConnectionError) and _hung_up(request):
            raise
        log.exception("a request failed", method=request.method, route=route_of(request), trace_id=trace(request))
        _started(request, error)
        internal = ApiError("internal", "This is a mistake of the server; its log has more under this trace_id.")
        response = problem_response(internal, trace(request))
    if KEY in request and not response.prepared:
        response.headers[KEY_HEADER] = request[KEY]
    return response


def of_library(error: web.HTTPException) -> ApiError:
    """What a refusal of the library is in our words."""
    if isinstance(error, web.HTTPNotFound):
        return ApiError("not_found", "There is nothing at this address.")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return ApiError("method_not_allowed", f"This address takes {allowed}.", headers={"Allow": allowed})
    return ApiError(CODES.get(error.status, "malformed"), error.reason)


def _hung_up(request: web.Request) -> bool:
    """Whether the client is gone, in the middle of its body or of our answer: nobody's bug, and nobody there to answer."""
    return request.transport is None or request.transport.is_closing()


def _started(request: web.Request, error: E) -> E:
    """The error, unless an answer has begun: then there is no other answer to give."""
    if request.writer is not None and request.writer.output_size > 0:
        raise error
    return error
