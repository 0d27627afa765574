"""Records on their way to the broker, and the moment from which their fate counts as unknown."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an acknowledged record stands."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that was enqueued; `placed` is what its sender awaits. Times are of the event loop."""

    topic: str
    started: float
    deadline: float
    placed: asyncio.Future[Placed]


class Deadlines:
    """Records in the order of their deadlines, with one timer for all: a timer each would cost more than the sending."""

    def __init__(self, expire: Callable[[Waiting], None]) -> None:
        self._expire = expire
        self._waiting: deque[Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, topic: str, started: float, deadline: float) -> Waiting:
        """Wait for a record from now on."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(topic, started, deadline, loop.create_future())
        self._waiting.append(waiting)
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._tick)
        return waiting

    def sweep(self) -> None:
        """Forget the eldest that are settled."""
        while self._waiting and self._waiting[0].placed.done():
            self._waiting.popleft()

    def oldest_seconds(self) -> float:
        """How long the eldest has been waiting."""
        return asyncio.get_running_loop().time() - self._waiting[0].started if self._waiting else 0.0

    def close(self) -> None:
        """Let all expire now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.placed.done():
                self._expire(waiting)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting and (self._waiting[0].placed.done() or self._waiting[0].deadline <= loop.time()):
            waiting = self._waiting.popleft()
            if not waiting.placed.done():
                self._expire(waiting)
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0].deadline, self._tick)
