"""Where a group stands, read and written from outside, as an operator would."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from schemas.ids import new_id
from topics.bus.clients import kafka_options, reader
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.runtime.settings import Settings

LIMIT_SECONDS = 60.0


async def ends(settings: Settings, topic: str) -> Mapping[TopicPartition, int]:
    """The end of each partition of a topic."""
    generation = (await read_generations(settings))[topic]
    places = [TopicPartition(topic, number) for number in range(generation.partitions)]
    async with reader(settings, "ends") as consumer:
        return dict(await consumer.end_offsets(places))


async def stand_at_end(settings: Settings, manifest: Manifest) -> None:
    """Commit the present ends for a group that nobody is in, as its own engine would."""
    generations = await read_generations(settings)
    each_topic = [(topic, generations[topic]) for topic in manifest.reads]
    places = {
        TopicPartition(topic, number): known.generation
        for topic, known in each_topic
        for number in range(known.partitions)
    }
    async with _alone(settings, manifest.name, list(places)) as consumer:
        reached = await consumer.end_offsets(list(places))
        await consumer.commit({each: (reached[each], generation) for each, generation in places.items()})


async def stand_decider_at_end(settings: Settings, manifest: Manifest) -> None:
    """The same for a decider, whose place is in PostgreSQL."""
    generations = await read_generations(settings)
    connection = await asyncpg.connect(settings.postgres_dsn, server_settings={"search_path": manifest.name})
    for topic in manifest.reads:
        for each, end in (await ends(settings, topic)).items():
            await connection.execute(
                "insert into checkpoint (topic, partition, generation, next, owner) values ($1, $2, $3, $4, $5)",
                topic,
                each.partition,
                generations[topic].generation,
                end,
                new_id(),
            )
    await connection.close()


async def stand_table_at_end(settings: Settings, pool: asyncpg.Pool, schema: str, topic: str) -> None:
    """The same for a consumer whose place is in its own table of checkpoints, which is empty."""
    life = (await read_generations(settings))[topic].generation
    rows = [(topic, each.partition, life, end) for each, end in (await ends(settings, topic)).items()]
    insert = f"insert into {schema}.checkpoints (topic, partition, generation, next) values ($1, $2, $3, $4)"
    await pool.executemany(insert, rows)


async def table_stands(pool: asyncpg.Pool, schema: str, topic: str) -> Mapping[int, int]:
    """What stands next in its own table of checkpoints, by partition."""
    rows = await pool.fetch(f"select partition, next from {schema}.checkpoints where topic = $1", topic)
    return {row["partition"]: row["next"] for row in rows}


async def until_table_stands(pool: asyncpg.Pool, schema: str, topic: str, ends: Mapping[int, int]) -> None:
    """Wait until it has everything up to these ends, by partition."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            stood = await table_stands(pool, schema, topic)
            if all(stood[partition] >= end for partition, end in ends.items()):
                return
            await asyncio.sleep(0.05)


async def stand(settings: Settings, group: str, places: Mapping[TopicPartition, tuple[int, str]]) -> None:
    """Commit offsets with their metadata for a group that nobody is in."""
    async with _alone(settings, group, list(places)) as consumer:
        await consumer.commit(dict(places))


@asynccontextmanager
async def _alone(settings: Settings, group: str, places: list[TopicPartition]) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**kafka_options(settings), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        yield consumer
    finally:
        await consumer.stop()


async def standing(settings: Settings, group: str) -> Mapping[TopicPartition, int]:
    """What the group has committed."""
    admin = AIOKafkaAdminClient(**kafka_options(settings))
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {each: place.offset for each, place in found.items() if place.offset >= 0}
