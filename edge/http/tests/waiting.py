"""Waits for a condition, within a limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(what: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Return when `what` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not await what():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.05)
