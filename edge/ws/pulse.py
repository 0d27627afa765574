"""Pings a socket and closes it when nothing is heard any more."""

import asyncio

from edge.ws.close_codes import CloseCode
from edge.ws.wire import Wire


class Pulse:
    """Beats until stopped; any byte of the peer is a sign of life."""

    def __init__(self, wire: Wire, ping_seconds: float, dead_seconds: float) -> None:
        self._wire = wire
        self._ping_seconds = ping_seconds
        self._dead_seconds = dead_seconds
        self._loop = asyncio.get_running_loop()
        self._ping_at = self._loop.time() + ping_seconds
        self._timer = self._loop.call_at(self._ping_at, self._beat)

    def stop(self) -> None:
        """Beat no more."""
        self._timer.cancel()

    def _beat(self) -> None:
        now = self._loop.time()
        dead_at = self._wire.heard_at + self._dead_seconds
        if now >= dead_at:
            self._wire.close(CloseCode.SILENT, "Nothing was heard.")
            return
        if now >= self._ping_at:
            self._wire.ping()
            self._ping_at = now + self._ping_seconds
        self._timer = self._loop.call_at(min(self._ping_at, dead_at), self._beat)
