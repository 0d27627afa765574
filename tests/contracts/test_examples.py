"""Every consumer reads every example of every type on its topics, twice: nothing dies of it, the second time changes nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from compose.embedded.stack import Stack
from consumers.discovery import manifests
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.problems import pointed
from schemas.registry import registry
from tests.product import Product
from tests.stack import prepare, settings_from
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

CAUGHT_UP_SECONDS = 90
# The kernel's own memory of what was read; everything else is the consumer's effect.
KERNEL_TABLES = {"checkpoint", "checkpoints", "inbox", "outbox", "idempotency"}
READ = sorted({topic for manifest in manifests().values() for topic in manifest.reads})


@pytest.fixture(scope="module")
async def settings(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """Parts of their own, where nobody else writes, with all consumers running."""
    parts = Stack(tmp_path_factory.mktemp("parts"), ports="free", parts=("kafka", "postgres", "valkey"))
    await parts.start()
    product = Product({}, tmp_path_factory.mktemp("logs"))
    try:
        product.environment = await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
        await product.start_consumers()
        yield settings_from(product.environment, Settings)
    finally:
        await product.stop()
        await parts.stop()


def examples() -> list[tuple[Envelope, dict[str, Any]]]:
    """One record for each example of each type that somebody reads; their ids are made once."""
    records = []
    for topic in READ:
        for each in registry().of_topic(topic):
            assert each.key is not None, f"{each.name} has no key"
            for data in each.examples:
                key = str(pointed(data, each.key))
                action_id = new_id()
                envelope = Envelope(
                    id=action_id,
                    type=each.name,
                    source="tests",
                    time="2026-01-02T03:04:05.678Z",
                    subject=key,
                    dataschema=each.dataschema,
                    correlationid=action_id,
                    actor=new_id(),
                )
                records.append((envelope, dict(data)))
    return records


async def effects(settings: Settings) -> str:
    """Everything that consumers have written to their own tables."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        tables = await connection.fetch(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema = any($1) and table_type = 'BASE TABLE' order by 1, 2",
            list(manifests()),
        )
        found = {
            f"{schema}.{name}": sorted(
                json.dumps([str(value) for value in row])
                for row in await connection.fetch(f'select * from "{schema}"."{name}"')
            )
            for schema, name in tables
            if name not in KERNEL_TABLES
        }
    finally:
        await connection.close()
    return json.dumps(found, indent=1)


async def caught_up(settings: Settings) -> None:
    """Wait until every group has committed the end of every partition that it reads."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    reader = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    await reader.start()
    try:
        deadline = time.monotonic() + CAUGHT_UP_SECONDS
        while behind := await _behind(admin, reader):
            assert time.monotonic() < deadline, behind
            await asyncio.sleep(0.2)
    finally:
        await reader.stop()
        await admin.close()


async def _behind(admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> list[str]:
    behind = []
    for name, manifest in manifests().items():
        committed = await admin.list_consumer_group_offsets(name)
        for topic in manifest.reads:
            places = await _places(admin, topic)
            ends = await reader.end_offsets(places)
            for place, end in ends.items():
                done = committed[place].offset if place in committed else 0
                if done < end:
                    behind.append(f"{name} has read {done} of {end} in {place.topic}/{place.partition}")
    return behind


async def _places(admin: AIOKafkaAdminClient, topic: str) -> list[TopicPartition]:
    [described] = await admin.describe_topics([topic])
    return [TopicPartition(topic, each["partition"]) for each in described["partitions"]]


async def dead_letters(settings: Settings) -> dict[str, int]:
    """How many records each dead-letter topic holds."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    reader = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    await reader.start()
    try:
        return {
            name: sum((await reader.end_offsets(await _places(admin, f"{name}.dlq"))).values()) for name in manifests()
        }
    finally:
        await reader.stop()
        await admin.close()


async def test_every_example_is_read_twice_with_the_same_result(settings: Settings) -> None:
    records = examples()
    assert {registry().get(envelope.type).topic for envelope, _ in records} == set(READ)

    async with Publisher(settings, "tests") as publisher:
        for envelope, data in records:
            await publisher.publish(envelope, data)
        await caught_up(settings)
        once = await effects(settings)
        for envelope, data in records:
            await publisher.publish(envelope, data)
        await caught_up(settings)
    twice = await effects(settings)

    assert twice == once
    assert '"board_store.elements": [\n  "' in once, "the examples drew nothing: this would prove nothing"
    assert await dead_letters(settings) == dict.fromkeys(manifests(), 0)
