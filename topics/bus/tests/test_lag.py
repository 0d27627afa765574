import asyncio
from collections.abc import Mapping

import pytest
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import TopicPartition

from topics.bus import lag as module
from topics.bus.lag import Lag
from topics.runtime.lifespan import end

PLACE = TopicPartition("boards.ops", 0)


class Ends:
    """A client that knows the ends while the broker is there."""

    def __init__(self) -> None:
        self.away = False
        self.asked = asyncio.Event()

    async def end_offsets(self, _places: list[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.asked.set()
        if self.away:
            raise KafkaConnectionError
        return {PLACE: 7}


async def watched(client: Ends, lag: Lag, standing: Mapping[TopicPartition, int]) -> None:
    """Let it ask once."""
    watching = asyncio.create_task(lag.watch(client, lambda: standing))
    try:
        await asyncio.wait({watching, waiting := asyncio.create_task(client.asked.wait())}, timeout=0.1)
        await end(waiting)
    finally:
        await end(watching)


async def test_a_broker_that_does_not_answer_is_told_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    client, lag = Ends(), Lag("test")
    monkeypatch.setattr(module, "SILENCE_SECONDS", 60.0)
    await watched(client, lag, {PLACE: 7})
    assert lag.silence() is None

    client.away = True
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.0)
    await watched(client, lag, {PLACE: 7})

    assert lag.silence() == "Kafka has not answered for 0 s"
