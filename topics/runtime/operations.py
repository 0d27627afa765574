"""The operations port: what a monitor and an orchestrator ask a process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from topics.runtime.health import Health
from topics.runtime.settings import Settings


@asynccontextmanager
async def operations_server(settings: Settings, health: Health) -> AsyncIterator[int | None]:
    """Serve /metrics, /healthz and /readyz while the context is open; gives the port, `None` when none is wanted."""
    if settings.operations_port is None:
        yield None
        return
    app = web.Application()
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/healthz", _state("live", health.not_live))
    app.router.add_get("/readyz", _state("ready", health.not_ready))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.operations_host, settings.operations_port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _metrics(_request: web.Request) -> web.Response:
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _state(
    word: str, reasons: Callable[[], Mapping[str, str]]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        why = reasons()
        body = orjson.dumps({word: not why, "reasons": dict(why)})
        return web.Response(body=body, status=503 if why else 200, content_type="application/json")

    return answer
