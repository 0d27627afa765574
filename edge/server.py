"""Runs edges as processes: one here, or several that share the port."""

import asyncio
import os
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from edge.app import build
from edge.parts import open_parts
from edge.settings import EdgeSettings
from edge.workers import run_workers
from topics.errors import Misconfigured
from topics.runtime.health import Health
from topics.runtime.lifespan import run_service
from topics.runtime.logs import configure_logs
from topics.runtime.operations import operations_server

KEEPALIVE_SECONDS: Final = 75.0
log = structlog.get_logger(__name__)


def serve(settings: EdgeSettings, workers: int = 1) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises `topics.errors.DoskaError` when it cannot start."""
    if workers == 1:
        run_service(partial(run_edge, settings))
    else:
        run_workers(partial(serve_one, settings), workers, settings.drain_seconds)


def serve_one(settings: EdgeSettings, index: int) -> None:
    """One of several processes behind the same port; its operations port is the next one up."""
    first = settings.operations_port
    own = settings.model_copy(update={"operations_port": first + index if first else first})
    configure_logs(settings.log_level, f"edge-{index}")
    run_service(partial(run_edge, own, reuse_port=True))


async def run_edge(settings: EdgeSettings, stopping: asyncio.Event, *, reuse_port: bool = False) -> None:
    """One edge from its first connection to its last answer."""
    health = Health()
    health.starting("edge")
    async with operations_server(settings, health), open_parts(settings, health) as parts:
        runner = web.AppRunner(
            build(settings, parts, health),
            access_log=None,
            # A compressed body is refused by its header: it must not be unpacked before that.
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=settings.drain_seconds,
        )
        await runner.setup()
        try:
            await _listen(runner, settings, reuse_port=reuse_port)
            health.well("edge")
            log.info("serving", address=settings.address, host=settings.host, port=settings.port, pid=os.getpid())
            await stopping.wait()
            health.ill("edge", "stopping")
        finally:
            # In this order: take nobody new, send the sockets away, finish what was asked, let go of the parts.
            await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: EdgeSettings, *, reuse_port: bool) -> None:
    site = web.TCPSite(runner, settings.host, settings.port, reuse_port=reuse_port or None, backlog=1024)
    try:
        await site.start()
    except OSError as error:
        raise Misconfigured(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): set DOSKA_PORT to a free port"
        ) from error
