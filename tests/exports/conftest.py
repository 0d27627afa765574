"""A log and tables of their own: what is counted here nobody else writes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.structs import TopicPartition

from compose.embedded.stack import Stack
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations.facts import envelope_of
from tests.kernel.places import ends
from tests.product import Process, Product, free_port, wait_ready
from tests.stack import prepare, settings_from
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings


@dataclass
class Ground:
    """The facts that were told, and the processes that bring them out."""

    settings: Settings
    product: Product
    publisher: Publisher
    told: dict[str, list[str]] = field(default_factory=dict)

    async def tell(self, kind: str, count: int, people: int = 7) -> None:
        """Publish facts of a type, by a few people in turn."""
        actors = [new_id() for _ in range(people)]
        for number in range(count):
            data = self._data(kind, actors[number % people])
            envelope = envelope_of(kind, data, actors[number % people])
            await self.publisher.publish(envelope, data)
            self.told.setdefault(kind, []).append(envelope.id)

    def ids(self, *kinds: str) -> list[str]:
        """The ids of what was told, sorted."""
        return sorted(each for kind in kinds for each in self.told.get(kind, ()))

    async def run(self, name: str, settings: Mapping[str, str]) -> Process:
        """Run one consumer until it is ready."""
        port = free_port()
        process = await self.product.spawn(name, "run", "consumer", name, DOSKA_OPERATIONS_PORT=str(port), **settings)
        await wait_ready(f"http://127.0.0.1:{port}/readyz", process)
        return process

    async def dead(self, name: str) -> int:
        """How many dead letters a consumer has."""
        return (await self._ends(f"{name}.dlq")).get(TopicPartition(f"{name}.dlq", 0), 0)

    async def _ends(self, topic: str) -> Mapping[Any, int]:
        return await ends(self.settings, topic)

    def _data(self, kind: str, actor: str) -> dict[str, Any]:
        data = dict(registry().get(kind).examples[0])
        key = "user_id" if kind.startswith("identity.") else "board_id"
        return {**data, key: actor if key == "user_id" else new_id()}


@pytest.fixture
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    """Kafka and PostgreSQL, provisioned, and nobody on them."""
    parts = Stack(tmp_path_factory.mktemp("parts"), ports="free", parts=("kafka", "postgres"))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.stop)
        await parts.start()
        product = Product({}, tmp_path_factory.mktemp("logs"))
        product.environment = await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
        settings = settings_from(product.environment, Settings)
        publisher = await stack.enter_async_context(Publisher(settings, "tests"))
        yield Ground(settings, product, publisher)
