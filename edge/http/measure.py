"""Counts requests and their time by route, and names the trace in every log line of a request."""

import time
from typing import Final

import structlog
from aiohttp import web

from edge.http.requests import trace
from edge.http.route import Handler
from topics.runtime.metrics import HTTP_REQUESTS

# One name for all addresses that are none of ours: a metric must not grow with what people try.
ELSEWHERE: Final = "elsewhere"


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time a request from its head to its answer; a socket counts when it ends."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=trace(request))
    started = time.perf_counter()
    response = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else ELSEWHERE
    HTTP_REQUESTS.labels(request.method, route, str(response.status)).observe(time.perf_counter() - started)
    return response
