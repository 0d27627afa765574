"""A web application on a free port of this machine, while a test needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

# How long connections that are still open may hold up the end.
END_SECONDS = 0.1


@asynccontextmanager
async def listening(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Its address, such as http://127.0.0.1:49152."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=END_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
