"""Waits for the deciders' answers, on the one partition of `platform.replies` that this edge reads."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from topics.bus.message import Message
from topics.bus.tail import Tail
from topics.runtime.settings import Settings

TOPIC: Final = "platform.replies"
FRESH_SECONDS: Final = 2.0

Answer = Mapping[str, Any]


class Replies:
    """Answers by action id. Other edges may read the same partition: what nobody here waits for is passed over."""

    def __init__(self, settings: Settings, partition: int) -> None:
        self.replyto = f"{TOPIC}/{partition}"
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._tail = Tail(settings, [TOPIC], self._on_message, partitions=[partition], name="edge: replies")

    @property
    def fresh(self) -> bool:
        """Whether an answer given now would be seen in time."""
        return self._tail.fresh(FRESH_SECONDS)

    async def wait_ready(self, timeout_seconds: float) -> None:
        """Return once answers are read. Raises `topics.errors.Unavailable`."""
        await self._tail.wait_fresh(timeout_seconds)

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until `stopping` is set."""
        await self._tail.run(stopping)

    @contextmanager
    def expected(self, action_id: str) -> Iterator[asyncio.Future[Answer]]:
        """The answer to an action that is about to be published."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = future
        try:
            yield future
        finally:
            del self._waiting[action_id]

    def _on_message(self, message: Message) -> None:
        future = self._waiting.get(message.data["action_id"])
        if future is not None and not future.done():
            future.set_result(message.data)
