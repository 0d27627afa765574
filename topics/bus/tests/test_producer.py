"""A producer that is closed while its broker is away."""

import asyncio
import gc
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed
from aiokafka.structs import TopicPartition

from topics.bus import producer as producers
from topics.bus.producer import close_producer


async def test_what_was_still_to_be_sent_fails_and_nothing_is_said_of_it_but_to_who_sent_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producers, "CLOSE_SECONDS", 0.01)
    said: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_exception_handler", said.append)
    producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1")
    # Its broker never answers: it flushes for ever.
    monkeypatch.setattr(producer, "stop", asyncio.Event().wait)
    accumulator = producer._message_accumulator
    record = await accumulator.add_message(TopicPartition("t", 0), b"k", b"v", timeout=1)

    await close_producer(producer)

    assert isinstance(record.exception(), ProducerClosed)
    await AIOKafkaProducer.stop(producer)
    # As at the end of the process.
    accumulator._batches.clear()
    gc.collect()
    assert not [each for each in said if isinstance(each.get("exception"), ProducerClosed)]
