"""Looks every now and then which versions are due, beside the reading of ops, and asks for them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from consumers.version_keeper.handler import Change, is_due
from consumers.version_keeper.settings import KeeperSettings
from consumers.version_keeper.store import KeeperStore
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.registry import registry
from topics.bus.context import ConsumerContext
from topics.errors import Unavailable, Unconfirmed
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.service import Service

ACTION: Final = "boards.keep_version"


class Keeper:
    """A service of two: one that reads, and the one that asks."""

    def __init__(
        self,
        context: ConsumerContext,
        reading: Service,
        store: KeeperStore,
        settings: KeeperSettings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = context.manifest.name
        self._context = context
        self._reading = reading
        self._store = store
        self._settings = settings
        self._now = now

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        looking = asyncio.create_task(self._look_often(stopping), name=f"{self.name}: due")
        try:
            await self._reading.run(stopping)
        finally:
            looking.cancel()
            await asyncio.wait([looking])

    async def look(self) -> int:
        """Ask for the versions that are due; how many these are."""
        now, rest, work = self._now(), self._settings.rest, self._settings.work
        due = [each for each in await self._store.due(now, rest, work) if is_due(each, now, rest, work)]
        for change in due:
            await self._ask(change, now)
            # Cut off before this it is asked for again, and the decider finds that nothing changed since.
            await self._store.asked(change)
        return len(due)

    async def _look_often(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await self.look()
            except (Unavailable, Unconfirmed, *POSTGRES_AWAY) as error:
                self._context.log.warning("versions that are due wait for the next look", reason=repr(error))
            try:
                async with asyncio.timeout(self._settings.look_seconds):
                    await stopping.wait()
            except TimeoutError:
                continue

    async def _ask(self, change: Change, now: datetime) -> None:
        mt, action_id = registry().get(ACTION), new_id()
        envelope = Envelope(
            id=action_id,
            type=mt.name,
            source=self.name,
            time=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            subject=change.board_id,
            dataschema=mt.dataschema,
            correlationid=action_id,
        )
        await self._context.publisher.publish(envelope, {"board_id": change.board_id, "version_id": new_id()})
