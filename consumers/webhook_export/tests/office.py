"""The two halves of the consumer at work on a real database, with a clock of the test."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, cast

import asyncpg
import structlog

from consumers.webhook_export.caller import calling
from consumers.webhook_export.courier import Courier
from consumers.webhook_export.intake import Intake
from consumers.webhook_export.queue import Queue
from consumers.webhook_export.settings import DeliverySettings
from consumers.webhook_export.tests.hooks import NOON
from schemas.envelope import Envelope
from schemas.keyring import Keyring
from schemas.webhooks.addresses import Rules
from topics.bus.publish import Publisher
from topics.errors import Unavailable

RING = Keyring("k1", {"k1": b"1" * 32})
HERE = Rules(http=True, private=(ip_network("127.0.0.0/8"),))
LIMIT_SECONDS = 60


@dataclass
class Clock:
    """A time that goes on when a test says so."""

    now: datetime = NOON

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass
class Asked:
    """Takes what is published; the log is none of these tests' business."""

    down: bool = False
    said: list[dict[str, Any]] = field(default_factory=list)

    async def publish(self, _envelope: Envelope, data: dict[str, Any]) -> None:
        if self.down:
            raise Unavailable("Kafka is away")
        self.said.append(data)


@dataclass
class Office:
    """The two halves of the consumer: what is read, and what is sent."""

    pool: asyncpg.Pool
    clock: Clock = field(default_factory=Clock)
    asked: Asked = field(default_factory=Asked)
    offset: int = 0

    async def read(self, *facts: Any) -> int:
        self.offset += 1
        ends = {("workspaces.facts", 0): ("g1", self.offset)}
        now = self.clock.now
        return await Intake(self.pool).write(facts, ends, now=now, oldest=now - timedelta(days=30))

    @asynccontextmanager
    async def sending(self, **settings: Any) -> AsyncIterator[Courier]:
        """Somebody at work, until the block ends."""
        knobs = DeliverySettings(**{"seconds": 5.0, **settings})
        async with calling(RING, HERE, knobs) as caller:
            log, stopping = structlog.get_logger(), asyncio.Event()
            publisher = cast("Publisher", self.asked)
            queue = Queue(self.pool)
            courier = Courier(queue, caller, publisher, knobs, log, now=lambda: self.clock.now, chance=lambda: 0.0)
            running = asyncio.create_task(courier.run(stopping))
            try:
                yield courier
            finally:
                stopping.set()
                await running

    async def rows(self, order: str = "seq") -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(f"select * from webhook_export.deliveries order by {order}")]

    async def states(self) -> Counter[str]:
        return Counter(row["state"] for row in await self.rows())

    async def endpoint(self, subscription_id: str) -> dict[str, Any]:
        query = "select * from webhook_export.endpoints where subscription_id = $1"
        return dict(await self.pool.fetchrow(query, subscription_id))


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what a test looks for from outside; `condition` may be a coroutine function."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


async def delivered(office: Office, count: int) -> bool:
    """Whether so many have arrived."""
    return (await office.states())["delivered"] == count


async def nothing_claimed(office: Office) -> bool:
    """Whether nothing is on its way."""
    return all(row["claim"] is None for row in await office.rows())
