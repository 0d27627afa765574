"""The life of a process: an event loop, an orderly end."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
import uvloop

AGAIN_SECONDS = 0.2
Main = Callable[[asyncio.Event], Awaitable[None]]


def run_service(main: Main) -> None:
    """Run `main` on uvloop. SIGTERM or SIGINT sets the event it is given; a second one ends the process at once."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_live(main))


async def _live(main: Main) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)  # asked twice: whoever asks does not want to wait for the drain
        structlog.get_logger().info("stopping", signal=signal.Signals(number).name)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        await main(stopping)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def unless_stopped(work: Coroutine[Any, Any, None], stopping: asyncio.Event) -> bool:
    """Do `work`, or cancel it when `stopping` is set first; True when it was done. Raises what it raises."""
    doing, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({doing, stop}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            await doing
            return True
        return False
    finally:
        await end(doing, stop)


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and see them end. Client libraries swallow a cancellation now and then, so it is said again."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
