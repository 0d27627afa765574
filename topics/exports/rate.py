"""A limit of our own on how fast a destination is asked."""

import asyncio
from collections.abc import Callable


class Rate:
    """At most `per_second` on average, with bursts of one second. Use `await rate.take(count)` before each request."""

    def __init__(self, per_second: float, now: Callable[[], float] | None = None) -> None:
        self._per_second = per_second
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._free_at = 0.0

    def due(self, count: int = 1) -> float:
        """Reserve room for `count`; gives the seconds to wait before it is there."""
        now = self._now()
        self._free_at = max(self._free_at, now - 1.0) + count / self._per_second
        return max(0.0, self._free_at - now)

    async def take(self, count: int = 1) -> None:
        """Wait until there is room for `count`."""
        wait = self.due(count)
        if wait > 0:
            await asyncio.sleep(wait)
