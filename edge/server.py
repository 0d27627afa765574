"""Runs edges as processes: one here, or several that share the port."""

import asyncio
import os
import socket
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from edge.app import build
from edge.http.unreadable import EdgeRunner
from edge.open_files import connections, raise_limit
from edge.parts import open_parts
from edge.settings import EdgeSettings
from edge.workers import run_workers
from topics.errors import Misconfigured
from topics.runtime.health import Health
from topics.runtime.lifespan import run_service
from topics.runtime.logs import configure_logs
from topics.runtime.operations import operations_server

KEEPALIVE_SECONDS: Final = 75.0
BACKLOG: Final = 1024
log = structlog.get_logger(__name__)


def serve(settings: EdgeSettings) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises `topics.errors.DoskaError` when it cannot start."""
    if settings.edge_workers == 1:
        run_service(partial(run_edge, settings))
    else:
        run_workers(partial(serve_one, settings), settings.edge_workers, settings.drain_seconds)


def serve_one(settings: EdgeSettings, index: int) -> None:
    """One of several processes behind the same port."""
    own = settings.model_copy(update={"operations_port": operations_port_of(settings, index)})
    configure_logs(settings.log_level, f"edge-{index}")
    run_service(partial(run_edge, own, reuse_port=True))


def operations_port_of(settings: EdgeSettings, index: int) -> int | None:
    """Where the worker of this index (from 0) tells how it is."""
    first, others = settings.operations_port, settings.worker_operations_ports
    if index and index <= len(others):
        return others[index - 1]
    return first + index if first else first


async def run_edge(settings: EdgeSettings, stopping: asyncio.Event, *, reuse_port: bool = False) -> None:
    """One edge from its first connection to its last answer."""
    most = connections(raise_limit())
    health = Health()
    health.starting("edge")
    # Bound before anything is opened, so that a taken port is said at once; it listens when all is ready.
    door = bound(settings, reuse_port=reuse_port)
    async with operations_server(settings, health), open_parts(settings, health) as parts:
        runner = EdgeRunner(
            build(settings, parts, health),
            most=most,
            sockets=parts.sockets,
            access_log=None,
            # A compressed body is refused by its header: it must not be unpacked before that.
            auto_decompress=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=settings.drain_seconds,
        )
        await runner.setup()
        try:
            await web.SockSite(runner, door, backlog=BACKLOG).start()
            health.well("edge")
            log.info("serving", address=settings.address, host=settings.host, port=settings.port, pid=os.getpid())
            await stopping.wait()
            health.ill("edge", "stopping")
        finally:
            # In this order: take nobody new, send the sockets away, finish what was asked, let go of the parts.
            await runner.cleanup()


def bound(settings: EdgeSettings, *, reuse_port: bool) -> socket.socket:
    """The socket of the public port, not listening yet. Raises `topics.errors.Misconfigured`."""
    where = f"{settings.host}:{settings.port}"
    door = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        door = socket.socket(family, kind, protocol)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        door.bind(address)
    except OSError as error:
        if door is not None:
            door.close()
        raise Misconfigured(
            f"the edge cannot listen on {where} ({error.strerror}): set DOSKA_HOST and DOSKA_PORT to what is free here"
        ) from error
    return door
