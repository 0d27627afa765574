"""A stage for consumers on a Kafka of their own: what they are told, what they did, what they buried."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka.structs import TopicPartition

from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from tests.kernel.engines import Engine, OnMessage
from tests.kernel.places import standing
from topics.bus import admin
from topics.bus.catalog import dead_letters_of, retries_of
from topics.bus.clients import reader
from topics.bus.cluster import cluster
from topics.bus.context import open_context
from topics.bus.dead_letters import reason_of
from topics.bus.generations import Generation
from topics.bus.manifest import Manifest
from topics.bus.message import Message
from topics.bus.publish import Placed, Publisher
from topics.runtime.health import Health
from topics.runtime.settings import Settings
from topics.runtime.supervisor import supervise

TOPIC = "boards.actions"
TYPE = "boards.rename_board"
LIMIT_SECONDS = 60.0
QUICK = {"attempts": 3, "backoff": 0.01, "backoff_max": 0.05}


async def until(
    condition: Callable[[], bool | Awaitable[bool]], what: str = "the condition", seconds: float = LIMIT_SECONDS
) -> None:
    """Wait for a condition; fail after the limit."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return
            await asyncio.sleep(0.05)


def patient(settings: Settings) -> Publisher:
    """A publisher that waits for a broker which was killed and is slow to come back."""
    return Publisher(settings, "tests", enqueue_seconds=LIMIT_SECONDS, deadline_seconds=LIMIT_SECONDS)


def envelope(board_id: str, **changes: Any) -> Envelope:
    """The envelope of an action on a board."""
    this = new_id()
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {
        "id": this,
        "type": TYPE,
        "source": "tests",
        "time": now,
        "subject": board_id,
        "dataschema": f"{TYPE}/1",
        "actor": new_id(),
        "correlationid": this,
    }
    return Envelope(**(fields | changes))


@dataclass
class Running:
    """A consumer at work in this process."""

    manifest: Manifest
    health: Health
    stopping: asyncio.Event
    task: asyncio.Task[None]
    handled: list[str]

    @property
    def halted(self) -> str | None:
        """Why it halted, if it did."""
        reason = self.health.not_ready().get(self.manifest.name, "")
        return reason.removeprefix("halted: ") if reason.startswith("halted: ") else None

    async def stop(self) -> None:
        """Ask it to stop, and see it through."""
        self.stopping.set()
        await asyncio.wait_for(self.task, LIMIT_SECONDS)


@dataclass
class Stage:
    """One test's view of the bus."""

    settings: Settings
    publisher: Publisher
    boards: list[str] = field(default_factory=lambda: [new_id()])

    async def say(self, *titles: str, board_id: str | None = None) -> list[Placed]:
        """Publish a good action per title, all on one board, in order."""
        board_id = board_id or self.boards[0]
        return [
            await self.publisher.publish(envelope(board_id), {"board_id": board_id, "title": title}) for title in titles
        ]

    async def send(
        self,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] | None = None,
        topic: str = TOPIC,
    ) -> Placed:
        """Publish bytes as they are; by default with a good key and a good envelope."""
        board_id = self.boards[0]
        key = board_id.encode() if key is None else key
        headers = to_headers(envelope(board_id)) if headers is None else headers
        return await (await self.publisher.send(topic, key, value, list(headers)))

    def good(self, title: str) -> bytes:
        """The bytes of a good action."""
        return codec.encode({"board_id": self.boards[0], "title": title})

    async def dead(self, name: str) -> list[Mapping[str, Any]]:
        """The dead letters of a consumer, in order: our headers, and the record's own headers and value."""
        place = TopicPartition(f"{name}.dlq", 0)
        async with reader(self.settings, "dead") as consumer:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            consumer.seek(place, 0)
            letters: list[Mapping[str, Any]] = []
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                    own = dict(record.headers)
                    letters.append(
                        {**reason_of(record.headers), "value": record.value, "key": record.key, "headers": own}
                    )
            return letters

    async def passed(self, name: str, *placed: Placed) -> bool:
        """Whether the group's commits are past some records."""
        reached = await standing(self.settings, name)
        return all(reached.get(TopicPartition(each.topic, each.partition), 0) > each.offset for each in placed)

    async def manifest(self, engine: Engine, **on_failure: Any) -> Manifest:
        """A consumer of its own, never run before, that stands at the end of what it reads."""
        name = f"suite_{engine.name}_{secrets.token_hex(4)}"
        manifest = Manifest(
            name=name, about="a test", engine=engine.name, reads=(TOPIC,), on_failure={**QUICK, **on_failure}
        )
        # What `apply` would make of it, without comparing all the other topics each time.
        derived = [dead_letters_of(name)] if manifest.retries is None else [dead_letters_of(name), retries_of(name)]
        async with cluster(self.settings) as kafka:
            for topic in derived:
                await kafka.create(topic.name, topic.partitions, 1, topic.configs(self.settings))
        if manifest.retries is not None:
            generation = Generation(new_id(), retries_of(name).partitions)
            await admin._write(self.publisher, generation, manifest.retries)
        await engine.prepare(self.settings, manifest)
        return manifest

    @asynccontextmanager
    async def running(
        self,
        engine: Engine,
        manifest: Manifest,
        on_message: OnMessage | None = None,
        *,
        ready: bool = True,
        replica: str = "0",
    ) -> AsyncIterator[Running]:
        """Run a consumer; what `on_message` lets through is in `handled`, by title."""
        handled: list[str] = []

        async def handle(message: Message) -> None:
            if on_message is not None:
                await on_message(message)
            handled.append(message.data["title"])

        settings = self.settings.model_copy(update={"replica": replica})
        health, stopping = Health(), asyncio.Event()
        health.starting(manifest.name)

        async def build(stack: AsyncExitStack) -> Any:
            return await engine.build(await open_context(manifest, settings, health, stack), handle)

        task = asyncio.create_task(supervise(manifest.name, build, stopping, health))
        consumer = Running(manifest, health, stopping, task, handled)
        try:
            if ready:
                await until(lambda: not health.not_ready(), f"{manifest.name} to be ready")
            yield consumer
        finally:
            await consumer.stop()
