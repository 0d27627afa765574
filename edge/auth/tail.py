"""Follows the facts that change rights, on every edge and without a group, so that revocation hangs on nothing but the log."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from edge.auth.rights import Rights
from edge.auth.sessions import SLACK_SECONDS
from edge.settings import EdgeSettings
from topics.bus.message import Message
from topics.bus.tail import Tail

FACTS: Final = ("identity.facts", "workspaces.facts", "boards.facts")


class RightsTail:
    """Feeds `Rights` from the log, beginning one access-token lifetime ago: older tokens are past their end anyway."""

    def __init__(self, settings: EdgeSettings, rights: Rights, *, now: Callable[[], float] = time.time) -> None:
        self._rights = rights
        since = now() - settings.access_token_seconds - SLACK_SECONDS
        self._tail = Tail(settings, FACTS, self._on_fact, since_ms=int(since * 1000), name="rights")

    def not_ready(self) -> str | None:
        """Why this edge should get no work; None when it has replayed and is up to date."""
        return None if self._rights.freshness.proven else "the facts about rights are not read up to now"

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow until `stopping` is set."""
        async with asyncio.TaskGroup() as tasks:
            watching = [
                tasks.create_task(self._rights.run(), name="rights: watches"),
                tasks.create_task(self._rights.freshness.run(self._tail), name="rights: freshness"),
            ]
            await self._tail.run(stopping)
            for task in watching:
                task.cancel()

    def _on_fact(self, fact: Message) -> None:
        if fact.data is not None:
            self._rights.learn_one(fact.type.name, fact.data, fact.timestamp_ms / 1000)
