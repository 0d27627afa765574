"""Reads a stretch of a partition once more, without a group."""

from collections.abc import AsyncIterator

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.message import Message, Position
from topics.bus.records import decode
from topics.errors import Reject, Unavailable
from topics.runtime.settings import Settings

POLL_MS = 1000


async def span(settings: Settings, topic: str, first: Position, last: int) -> AsyncIterator[Message]:
    """The good records from a position to offset `last`, as far as the log still has them. Raises Unavailable."""
    place = TopicPartition(topic, first.partition)
    try:
        async with reader(settings, "span") as consumer:
            consumer.assign([place])
            beginning = (await consumer.beginning_offsets([place]))[place]
            end = min(last + 1, (await consumer.end_offsets([place]))[place])
            consumer.seek(place, max(first.offset, beginning))
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, ()):
                    if record.offset >= end:
                        return
                    try:
                        message = decode(record, first.generation)
                    except Reject:
                        continue
                    yield message
    except KafkaError as error:
        raise Unavailable(f"{topic}/{first.partition} cannot be read: {error!r}") from error
