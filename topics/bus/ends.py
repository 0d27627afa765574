"""Where the log of a partition begins and ends now."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.errors import Unavailable
from topics.runtime.settings import Settings

ASK_SECONDS = 3.0


class Ends:
    """Asks Kafka, over a connection that is made when first needed."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._consumer: Any = None
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()

    async def of(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset there is, and the one that the next record will have. Raises Unavailable."""
        each = TopicPartition(topic, partition)
        async with self._lock:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    try:
                        return await self._ask(each)
                    except KafkaError:
                        # The connection is of before a restart, perhaps: once more on a new one.
                        await self.close()
                        return await self._ask(each)
            except (KafkaError, TimeoutError) as error:
                await self.close()
                raise Unavailable(f"Kafka does not say where {topic}/{partition} ends: {error!r}") from error

    async def _ask(self, each: TopicPartition) -> tuple[int, int]:
        if self._consumer is None:
            client = f"{self._name}-ends-{self._settings.replica}"
            self._consumer = await self._stack.enter_async_context(reader(self._settings, client))
        end = (await self._consumer.end_offsets([each]))[each]
        return (await self._consumer.beginning_offsets([each]))[each], end

    async def close(self) -> None:
        """Give the connection up."""
        self._consumer = None
        await self._stack.aclose()
