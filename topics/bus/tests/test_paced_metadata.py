"""Who waits for a partition to get a leader does not ask all the time whether it has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import ProducerClosed
from aiokafka.protocol.admin import ApiVersionRequest

from topics.bus import clients, producer
from topics.bus.tests.nodes import METADATA, TOPIC, Nodes, nodes

LIMIT_SECONDS = 30.0
NEVER_MS = 3_600_000
SOON_MS = 20
ASK_MS = 2000
# So often somebody else is answered meanwhile.
ANSWERS = 200


@asynccontextmanager
async def client_of(some: Nodes, backoff_ms: int) -> AsyncIterator[AIOKafkaClient]:
    """A client that wants to know of the topic, and has not asked yet."""
    assert clients  # every client of ours has it from there
    client = AIOKafkaClient(
        bootstrap_servers=f"127.0.0.1:{some.ports[0]}", request_timeout_ms=ASK_MS, retry_backoff_ms=backoff_ms
    )
    await client.bootstrap()
    some.asked.clear()
    try:
        yield client
    finally:
        await client.close()


async def answered(some: Nodes, times: int) -> None:
    """Return when a node answered somebody else so often."""
    connection: AIOKafkaConnection = await create_conn("127.0.0.1", some.ports[0], request_timeout_ms=ASK_MS)
    for _ in range(times):
        await connection.send(ApiVersionRequest())
    connection.close()


async def test_a_producer_whose_partition_has_no_leader_asks_for_one_once_in_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(producer, "CLOSE_SECONDS", 0.1)
    async with nodes(1) as alone, asyncio.timeout(LIMIT_SECONDS):
        alone.leaders = [0]
        sender = AIOKafkaProducer(
            bootstrap_servers=f"127.0.0.1:{alone.ports[0]}", request_timeout_ms=ASK_MS, retry_backoff_ms=NEVER_MS
        )
        await sender.start()
        await sender.client.add_topic(TOPIC)
        alone.leaders = [-1]
        alone.asked.clear()

        asking = sender.client.force_metadata_update()
        while sender.client.cluster.available_partitions_for_topic(TOPIC):
            await answered(alone, 1)
        sent = await sender.send(TOPIC, b"", partition=0)
        await answered(alone, ANSWERS)

        assert alone.asked[METADATA] == 1
        asking.cancel()
        await producer.close_producer(sender)
        with pytest.raises(ProducerClosed):
            await sent


async def test_a_leader_is_found_when_there_is_one() -> None:
    async with nodes(1) as alone, client_of(alone, SOON_MS) as client, asyncio.timeout(LIMIT_SECONDS):
        alone.leaders = [0, -1]
        await client.add_topic(TOPIC)
        assert client.cluster.available_partitions_for_topic(TOPIC) == {0}

        alone.leaders = [0, 0]
        await client.force_metadata_update()

        assert client.cluster.available_partitions_for_topic(TOPIC) == {0, 1}


async def test_what_is_known_of_the_others_is_not_held_back() -> None:
    async with nodes(1) as alone, client_of(alone, NEVER_MS) as client, asyncio.timeout(LIMIT_SECONDS):
        alone.leaders = [0, -1]
        asking = client.add_topic(TOPIC)
        while client.cluster.available_partitions_for_topic(TOPIC) != {0}:
            await answered(alone, 1)

        assert not asking.done()
        asking.cancel()


async def test_where_everybody_leads_nobody_waits() -> None:
    async with nodes(1) as alone, client_of(alone, NEVER_MS) as client, asyncio.timeout(LIMIT_SECONDS):
        alone.leaders = [0, 0]

        for _ in range(3):
            assert await client.add_topic(TOPIC)
            assert await client.force_metadata_update()

        assert alone.asked[METADATA] > 3
