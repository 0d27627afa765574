"""Where a group that nobody is in shall go on: set by an operator, from the beginning, a time or an offset."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import SESSION_MS, kafka_options
from topics.bus.cluster import repeated
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured, Unavailable
from topics.runtime.settings import Settings

EMPTY = frozenset({"Empty", "Dead", ""})
# A static member that was stopped is missed only when its session is over.
PATIENCE_SECONDS = SESSION_MS / 1000 * 2
AGAIN_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Since:
    """From where to read again: a time, an offset of one partition, or (neither) the beginning."""

    time: datetime | None = None
    place: tuple[str, int, int] | None = None


async def stand(
    settings: Settings, manifest: Manifest, since: Since, *, patience_seconds: float = PATIENCE_SECONDS
) -> Mapping[tuple[str, int], int]:
    """Have the group of a stopped consumer go on from there; gives the new offsets by topic and partition.

    Raises Misconfigured while the consumer runs, or for a partition that it does not read; Unavailable without Kafka.
    """
    generations = await read_generations(settings)
    places = [
        TopicPartition(topic, number)
        for topic in manifest.reads
        if topic in generations
        for number in range(generations[topic].partitions)
    ]
    try:
        await _nobody_is_in(settings, manifest.name, patience_seconds)
        consumer = AIOKafkaConsumer(**kafka_options(settings), group_id=manifest.name, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(places)
            found = await _found(consumer, places, since)
            await consumer.commit({each: (at, generations[each.topic].generation) for each, at in found.items()})
        finally:
            await consumer.stop()
    except KafkaError as error:
        raise Unavailable(f"Kafka does not move the group {manifest.name}: {error!r}") from error
    return {(each.topic, each.partition): at for each, at in sorted(found.items())}


async def _found(
    consumer: AIOKafkaConsumer, places: list[TopicPartition], since: Since
) -> Mapping[TopicPartition, int]:
    first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    if since.place is not None:
        topic, partition, offset = since.place
        each = TopicPartition(topic, partition)
        if each not in first:
            raise Misconfigured(f"it does not read {topic}/{partition}")
        if not first[each] <= offset <= end[each]:
            raise Misconfigured(f"{topic}/{partition} holds the offsets {first[each]} to {end[each]}, and not {offset}")
        return {each: offset}
    if since.time is None:
        return dict(first)
    later = await consumer.offsets_for_times(dict.fromkeys(places, int(since.time.timestamp() * 1000)))
    return {each: end[each] if later[each] is None else later[each].offset for each in places}


async def _nobody_is_in(settings: Settings, group: str, patience_seconds: float) -> None:
    """Wait until the group is empty. Raises Misconfigured when somebody is in it to the end."""
    admin = AIOKafkaAdminClient(**kafka_options(settings), client_id="groups")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_seconds
    try:
        await admin.start()
        while (state := await _state(admin, group)) not in EMPTY:
            if loop.time() > deadline:
                raise Misconfigured(f"{group} runs (its group is {state}): stop it first, then say it again")
            await asyncio.sleep(AGAIN_SECONDS)
    finally:
        await admin.close()


async def _state(admin: AIOKafkaAdminClient, group: str) -> str:
    [answer] = await repeated(partial(admin.describe_consumer_groups, [group]))
    [(_, _, state, *_)] = answer.groups
    return str(state)
