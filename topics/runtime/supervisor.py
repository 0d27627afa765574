"""Keeping services running side by side in one process, each with its own fate."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import structlog

from topics.errors import Halt, Misconfigured
from topics.runtime import metrics
from topics.runtime.health import Health
from topics.runtime.service import Service

Build = Callable[[AsyncExitStack], Awaitable[Service]]
BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
# A service that worked this long begins its backoff anew.
STEADY_SECONDS = 60.0

log = structlog.get_logger(__name__)


async def supervise(name: str, build: Build, stopping: asyncio.Event, health: Health) -> None:
    """Build a service and run it until `stopping` is set; build it anew, with backoff, whenever it fails.

    Halt stops it for good: health names it, its neighbours go on, and this returns when the process stops.
    What `build` opens it registers with the stack it is given, which is closed between attempts.
    """
    loop = asyncio.get_running_loop()
    failures = 0
    health.starting(name)
    metrics.STOPPED.labels(name).set(0)
    while not stopping.is_set():
        started = loop.time()
        try:
            async with AsyncExitStack() as stack:
                service = await build(stack)
                await service.run(stopping)
        except (Halt, Misconfigured) as error:
            log.critical("stopped until a person has looked", service=name, reason=str(error))
            metrics.STOPPED.labels(name).set(1)
            health.ill(name, f"halted: {error}")
            await stopping.wait()
            return
        except Exception as error:
            failures = 1 if loop.time() - started > STEADY_SECONDS else failures + 1
            wait = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1]
            log.exception("service failed and is started again", service=name, in_seconds=wait)
            health.ill(name, f"failed: {error!r}")
            await _wait(stopping, wait)
        else:
            return


async def supervise_all(builds: dict[str, Build], stopping: asyncio.Event, health: Health) -> None:
    """Supervise several services until `stopping` is set and all have finished."""
    for name in builds:
        health.starting(name)  # before the first of them runs: until then nothing would be ill
    async with asyncio.TaskGroup() as group:
        for name, build in builds.items():
            group.create_task(supervise(name, build, stopping, health), name=name)


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
