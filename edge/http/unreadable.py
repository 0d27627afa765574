"""Requests that are no HTTP, or ask HTTP for what it does not have: they get a problem like every other refusal, and no place in the log.

aiohttp answers them before any middleware, with plain text and a traceback in the log for each scanner that passes by.
It has no setting for that, so its connection handler is replaced here (its version is pinned, and tests read the wire).
"""

import secrets

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from edge.errors import ApiError, problem_response
from edge.http.problems import of_library

log = structlog.get_logger(__name__)


class ProblemHandler(RequestHandler):
    """One connection, whose unreadable requests are refused with a problem."""

    __slots__ = ()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """See `RequestHandler.handle_error`; it closes the connection."""
        if isinstance(exc, ConnectionError):
            # Who hung up in the middle of a body is nobody's bug: the library ends quietly on this.
            raise exc
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        # Not what is wrong with it: that names the line, and the line may be a token.
        log.debug("a request cannot be read", status=status, error=type(exc).__name__)
        response = problem_response(ApiError("malformed", "This is not an HTTP request."), secrets.token_hex(16))
        response.force_close()
        return response

    async def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """See `RequestHandler.finish_response`: what aiohttp refuses itself (an `Expect` that it does not know) comes here."""
        if isinstance(resp, web.HTTPException) and resp.status >= 400:
            resp = problem_response(of_library(resp), secrets.token_hex(16))
        return await super().finish_response(request, resp, start_time)


class ProblemServer(web.Server):
    """Makes such handlers."""

    def __call__(self) -> RequestHandler:
        """See `web.Server`."""
        return ProblemHandler(self, loop=self._loop, **self._kwargs)


class EdgeRunner(web.AppRunner):
    """Runs an application behind such a server."""

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = ProblemServer
        return server
