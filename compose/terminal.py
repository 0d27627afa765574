"""The whole product in a terminal: started, kept, and stopped when a person or the system asks."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine

from pydantic import ValidationError

from compose.console import Console
from compose.embedded.errors import AlreadyRunning, StackError
from compose.product import Product
from edge.settings import EdgeSettings
from schemas.keyring import KeyringInvalid
from topics.errors import DoskaError

CANCEL_SECONDS = 10.0


def run() -> None:
    """Start everything, print the address, stop in order on Ctrl-C; every failure with a name is one sentence."""
    console = Console()
    try:
        asyncio.run(_up(console))
    except AlreadyRunning as running:
        console.say(f"Doska is already running: {running.note}.")
    except (StackError, DoskaError, KeyringInvalid) as problem:
        sys.exit(f"doska: {problem}")
    except ValidationError as problem:
        sys.exit(f"doska: {_setting(problem)}")


async def _up(console: Console) -> None:
    settings = EdgeSettings()
    product = Product(settings, console.tell)
    stopping = _on_signals(console)
    async with console.drawing():
        try:
            await _until(stopping, _run(product, settings, console))
        finally:
            await product.stop()
    console.say("Stopped. What was drawn is kept.")


async def _run(product: Product, settings: EdgeSettings, console: Console) -> None:
    begun = asyncio.get_running_loop().time()
    await product.start()
    took = asyncio.get_running_loop().time() - begun
    console.say(
        f"\n  Doska is ready in {took:.1f} s:  {product.address}\n"
        f"  Ctrl-C stops it. Data and logs are in {settings.data_dir}/\n"
    )
    await product.keep()


async def _until(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do this work until it ends or somebody asks to stop."""
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    while not working.done():
        # More than once: there are libraries that swallow a cancellation.
        working.cancel()
        await asyncio.wait({working}, timeout=CANCEL_SECONDS)
    with contextlib.suppress(asyncio.CancelledError):
        await working


def _on_signals(console: Console) -> asyncio.Event:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets; asked twice, the process ends at once."""
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            # The children are told by the system that their parent ended.
            os._exit(1)
        console.say("Stopping (once more: at once) …")
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return stopping


def _setting(problem: ValidationError) -> str:
    """What is wrong with the settings, by the names of their variables."""
    wrong = (f"DOSKA_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}" for error in problem.errors())
    return "A setting is not usable: " + "; ".join(wrong)
