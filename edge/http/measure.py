"""Counts requests and their time by route, and names the trace in every log line of a request."""

import time

import structlog
from aiohttp import web

from edge.http.requests import route_of, trace
from edge.http.route import Handler
from topics.runtime.metrics import HTTP_REQUESTS


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time a request from its head to its answer; a socket counts when it ends."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=trace(request))
    started = time.perf_counter()
    response = await handler(request)
    HTTP_REQUESTS.labels(request.method, route_of(request), str(response.status)).observe(time.perf_counter() - started)
    return response
