"""Connections as they come: one too many is cut off, and what is no HTTP gets a problem like every other refusal and no place in the log.

aiohttp answers them before any middleware, with plain text and a traceback in the log for each scanner that passes by.
It has no setting for that, so its connection handler is replaced here (its version is pinned, and tests read the wire).
"""

import asyncio
import secrets
import sys
from collections.abc import Sized
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from edge.errors import ApiError, problem_response
from edge.http.problems import of_library
from topics.runtime import metrics

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

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`; one connection too many is cut off before anything is made for it."""
        server = self._manager
        if isinstance(server, ProblemServer) and server.crowded:
            metrics.CONNECTIONS_REFUSED.inc()
            cast("asyncio.Transport", transport).abort()
            return
        super().connection_made(transport)


class ProblemServer(web.Server):
    """Makes such handlers, for at most so many connections; `sockets` are those that went on as WebSockets."""

    most: int = sys.maxsize
    sockets: Sized = ()

    @property
    def crowded(self) -> bool:
        """Whether another connection would be one too many."""
        return len(self._connections) + len(self.sockets) >= self.most

    def __call__(self) -> RequestHandler:
        """See `web.Server`."""
        return ProblemHandler(self, loop=self._loop, **self._kwargs)


class EdgeRunner(web.AppRunner):
    """Runs an application behind such a server."""

    def __init__(self, app: web.Application, *, most: int = sys.maxsize, sockets: Sized = (), **options: Any) -> None:
        super().__init__(app, **options)
        self._most, self._sockets = most, sockets

    async def _make_server(self) -> web.Server:
        server = cast("ProblemServer", await super()._make_server())
        server.__class__ = ProblemServer
        server.most, server.sockets = self._most, self._sockets
        return server
