"""Takes deliveries that are due and calls their endpoints, so many at a time; gives up those that do not work."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from structlog.stdlib import BoundLogger

from consumers.webhook_export.caller import Caller
from consumers.webhook_export.queue import PURGED_AT_ONCE, Claim, GivenUp, Queue, Turn
from consumers.webhook_export.settings import DeliverySettings
from consumers.webhook_export.verdicts import Attempt, Endpoint, Verdict, after
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.registry import registry
from topics.bus.publish import Publisher
from topics.errors import Unavailable, Unconfirmed
from topics.runtime import metrics
from topics.runtime.away import POSTGRES_AWAY

LOOK_SECONDS: Final = 1.0
AWAY_SECONDS: Final = 2.0
TIDY_SECONDS: Final = 60.0
# Time enough for whoever decides; then it is asked again.
ASK_SECONDS: Final = 15.0
SUSPEND: Final = "webhooks.suspend_subscription"
SOURCE: Final = "webhook_export"


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Courier:
    """Sends what waits until it is told to stop; what is begun then is finished."""

    def __init__(
        self,
        queue: Queue,
        caller: Caller,
        publisher: Publisher,
        settings: DeliverySettings,
        log: BoundLogger,
        *,
        now: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._caller = caller
        self._publisher = publisher
        self._settings = settings
        self._log = log
        self._now = now
        self._chance = chance
        self._wake = asyncio.Event()
        self._asked: dict[GivenUp, float] = {}
        self._busy: dict[asyncio.Task[None], bool] = {}
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set."""
        self._stopping, tidied = stopping, -TIDY_SECONDS
        async with asyncio.TaskGroup() as group:
            while not stopping.is_set():
                self._wake.clear()
                wait = LOOK_SECONDS
                try:
                    await self._take(group)
                    await self._suspend()
                    # Where much is old it is removed at every look, some at a time, so that nothing waits for it for long.
                    if time.monotonic() - tidied > TIDY_SECONDS and await self._is_tidy():
                        tidied = time.monotonic()
                        self._asked.clear()
                except POSTGRES_AWAY as error:
                    self._log.warning("deliveries cannot be taken now", reason=repr(error))
                    wait = AWAY_SECONDS
                    self._wake.clear()
                await self._rest(stopping, wait)

    async def _is_tidy(self) -> bool:
        """Remove some of what is old; whether that was all of it."""
        return await self._queue.purge(self._now() - self._settings.keep) < PURGED_AT_ONCE

    async def _take(self, group: asyncio.TaskGroup) -> None:
        """Take what is due, working endpoints first; those that fail never have more than half of the places.

        What is due and not taken waits for a place, and each place that is left wakes us.
        """
        await self._queue.renew(self._now())
        for failing in (False, True):
            free = self._settings.overall - len(self._busy)
            if failing:
                free = min(free, self._settings.overall // 2 - sum(self._busy.values()))
            if free <= 0:
                continue
            now = self._now()
            claims = await self._queue.claim(
                new_id(),
                now,
                now + self._settings.lease,
                failing=failing,
                per_subscription=self._settings.per_subscription,
                most=free,
            )
            for claim in claims:
                work = self._send(claim, goes_on=not failing)
                task = group.create_task(work, name=f"webhook {claim.delivery_id}")
                self._busy[task] = failing
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._busy[task]
        self._wake.set()

    async def _send(self, claim: Claim, *, goes_on: bool) -> None:
        """Send a delivery; `goes_on`: and those of the same webhook after it, while all goes well and no other waits."""
        following: Claim | None = claim
        while following is not None:
            following = await self._try(following, goes_on=goes_on)

    async def _try(self, claim: Claim, *, goes_on: bool) -> Claim | None:
        """Make one attempt, and take the next delivery of the webhook when it went well."""
        attempt = await self._caller.call(claim, int(self._now().timestamp()))
        now = self._now()
        # Alone only: several are taken together, in one statement for all of them, which costs less than one for each.
        goes_on = goes_on and len(self._busy) == 1 and not self._stopping.is_set()
        turn = Turn(new_id(), now + self._settings.lease, self._settings.per_subscription) if goes_on else None
        try:
            settled = await self._queue.settle(claim, attempt, now, partial(self._judge, claim, attempt, now), turn)
        except POSTGRES_AWAY as error:
            # The claim ends by itself and it is sent again under the same id.
            self._log.warning("what came of a delivery cannot be written", reason=repr(error))
            return None
        metrics.WEBHOOKS.labels("delivered" if attempt.good else settled.verdict.state).inc()
        return settled.following

    def _judge(self, claim: Claim, attempt: Attempt, now: datetime, endpoint: Endpoint) -> Verdict:
        return after(
            attempt,
            claim.number,
            endpoint,
            now,
            self._chance(),
            pause_after=self._settings.pause_after,
            once=claim.once,
        )

    async def _suspend(self) -> None:
        """Ask that webhooks which are given up be paused; asked again until it is so, and twice is as once."""
        for each in await self._queue.given_up():
            if time.monotonic() - self._asked.get(each, -ASK_SECONDS) < ASK_SECONDS:
                continue
            try:
                await self._publisher.publish(*suspension(each, self._now()))
            except (Unavailable, Unconfirmed) as error:
                self._log.warning("a webhook cannot be paused now", reason=str(error))
                return
            self._asked[each] = time.monotonic()
            self._log.info("a webhook is given up", subscription=each.subscription_id, reason=each.reason)

    async def _rest(self, stopping: asyncio.Event, seconds: float) -> None:
        """Until there is something to do, or to stop."""
        waits = [asyncio.create_task(self._wake.wait()), asyncio.create_task(stopping.wait())]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def suspension(given_up: GivenUp, now: datetime) -> tuple[Envelope, dict[str, object]]:
    """The action that pauses a webhook."""
    mt, action_id = registry().get(SUSPEND), new_id()
    envelope = Envelope(
        id=action_id,
        type=mt.name,
        source=SOURCE,
        time=now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=given_up.workspace_id,
        dataschema=mt.dataschema,
        correlationid=action_id,
    )
    data = {
        "workspace_id": given_up.workspace_id,
        "subscription_id": given_up.subscription_id,
        "reason": given_up.reason,
        "stint": given_up.stint,
    }
    return envelope, data
