"""Where a consumer stands in its partitions, and whether it may go on from there."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from topics.bus.clients import READ_MS, kafka_options, seen_through
from topics.bus.context import ConsumerContext
from topics.bus.failure import backoff_seconds
from topics.errors import Halt, Retry
from topics.runtime import metrics

Pause = Callable[[float], Awaitable[bool]]


class Checkpoints(Protocol):
    """Where a consumer's own store says it stands, when that is the truth and the group's commit only informs."""

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        """The next offset to read; `None` when nothing was read yet.

        Raises Halt (use `mismatch`) when the store stands in another generation, Retry when it is not there now.
        """
        ...


def mismatch(topic: str, partition: int, ours: str, now: str) -> str:
    """Why a consumer may not go on with a position of another generation, in words."""
    return (
        f"{topic}/{partition}: the position is of generation {ours} and the topic is of {now}: it was made anew, so "
        "the offsets mean other records. Rebuild this consumer's state, or remove its checkpoints to start over"
    )


async def starts(
    context: ConsumerContext,
    consumer: Any,
    partitions: Collection[TopicPartition],
    *,
    group: str,
    checkpoints: Checkpoints | None,
    known: Mapping[TopicPartition, int],
    pause: Pause,
) -> Mapping[TopicPartition, int]:
    """The offset to start from in each partition: the store's checkpoint, else where this member was, else the commit.

    Gives nothing when `pause` was ended early. Raises Halt when the log is not the one that was read before.
    """
    asked = list(partitions)
    found: dict[TopicPartition, int | None] = {}
    if checkpoints is None:
        commits = await committed(context, group, {each.topic for each in asked})
        found = {each: known.get(each, commits[each].offset if each in commits else None) for each in asked}
    else:
        loaded = await _load(context, checkpoints, asked, pause)
        if loaded is None:
            return {}
        found = dict(loaded)
    first, end = await consumer.beginning_offsets(asked), await consumer.end_offsets(asked)
    return {each: _start(context, each, found[each], first[each], end[each]) for each in asked}


async def _load(
    context: ConsumerContext, checkpoints: Checkpoints, asked: Collection[TopicPartition], pause: Pause
) -> Mapping[TopicPartition, int | None] | None:
    tries = 0
    while True:
        try:
            return {
                each: await checkpoints.load(each.topic, each.partition, context.generations[each.topic].generation)
                for each in asked
            }
        except Retry as error:
            tries += 1
            context.log.warning("checkpoints cannot be read now", reason=error.detail)
            # Well again when the member has found its place.
            context.health.ill(context.manifest.name, f"waits: {error.detail}")
            if await pause(error.after or backoff_seconds(tries, context.manifest.on_failure)):
                return None


def _start(context: ConsumerContext, each: TopicPartition, wanted: int | None, first: int, end: int) -> int:
    if wanted is None:
        return first
    if wanted > end:
        raise Halt(
            f"{each.topic}/{each.partition} ends at offset {end} and this consumer has read up to {wanted}: "
            "the broker lost acknowledged records, or the topic was made anew without `doska topics apply`"
        )
    if wanted < first:
        # They are gone, and waiting brings none back; what a person must see is that they were never read.
        context.log.error(
            "records were removed by retention before they were read",
            topic=each.topic,
            partition=each.partition,
            from_offset=wanted,
            to_offset=first,
        )
        metrics.LOST.labels(context.manifest.name, each.topic).inc(first - wanted)
        return first
    return wanted


async def committed(
    context: ConsumerContext, group: str, topics: Collection[str]
) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """What a group has committed in the topics it reads. Raises Halt when that is of another generation."""
    admin = AIOKafkaAdminClient(
        **kafka_options(context.settings), client_id=f"{group}-committed", request_timeout_ms=READ_MS
    )
    try:
        await seen_through(admin.start())
        found: Mapping[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    ours = {each: place for each, place in found.items() if each.topic in topics and place.offset >= 0}
    for each, place in ours.items():
        now = context.generations[each.topic].generation
        if place.metadata and place.metadata != now:
            raise Halt(mismatch(each.topic, each.partition, place.metadata, now))
    return ours
