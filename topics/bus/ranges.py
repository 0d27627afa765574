"""Reading a piece of the log once, without a group: from a time, from the end, up to where it ends now."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.generations import read_generations
from topics.bus.message import Message
from topics.bus.records import decode
from topics.errors import Reject, Unavailable
from topics.runtime.settings import Settings

Place = tuple[str, int]
FETCH_MS = 1000


@dataclass(frozen=True, slots=True)
class Range:
    """Records `first` (inclusive) to `stop` (exclusive) of a partition, in this life of the topic."""

    topic: str
    partition: int
    generation: str
    first: int
    stop: int


class Log:
    """Reads ranges. Raises Unavailable when Kafka is not there."""

    def __init__(self, consumer: Any, generations: Mapping[str, Any]) -> None:
        self._consumer = consumer
        self._generations = generations

    async def since(self, topics: Collection[str], since_ms: int) -> list[Range]:
        """What was written at that time or later, up to now."""
        places = self._places(topics)
        found = await self._consumer.offsets_for_times(dict.fromkeys(places, since_ms))
        ends = await self._consumer.end_offsets(places)
        firsts = {each: found[each].offset if found[each] is not None else ends[each] for each in places}
        return [self._range(each, firsts[each], ends[each]) for each in places]

    async def last(self, topics: Collection[str], count: int) -> list[Range]:
        """The last `count` records of each partition."""
        places = self._places(topics)
        starts, ends = await self._consumer.beginning_offsets(places), await self._consumer.end_offsets(places)
        return [self._range(each, max(starts[each], ends[each] - count), ends[each]) for each in places]

    def generation(self, topic: str) -> str:
        """The present life of a topic."""
        return str(self._generations[topic].generation)

    async def read(self, piece: Range, most: int) -> AsyncIterator[tuple[list[Message], int]]:
        """The messages of a range, at most so many at a time, each time with where reading stands after them.

        Junk is passed over, as are records that retention has removed.
        """
        place, standing = TopicPartition(piece.topic, piece.partition), piece.first
        self._consumer.assign([place])
        first = (await self._consumer.beginning_offsets([place]))[place]
        standing = max(standing, first)
        self._consumer.seek(place, standing)
        while standing < piece.stop:
            fetched = await self._consumer.getmany(place, timeout_ms=FETCH_MS, max_records=most)
            records = [each for each in fetched.get(place, ()) if each.offset < piece.stop]
            if fetched.get(place):
                standing = records[-1].offset + 1 if len(records) == len(fetched[place]) else piece.stop
                yield [message for each in records if (message := _read(each, piece.generation)) is not None], standing

    def _places(self, topics: Collection[str]) -> list[TopicPartition]:
        return [
            TopicPartition(topic, number) for topic in topics for number in range(self._generations[topic].partitions)
        ]

    def _range(self, place: TopicPartition, first: int, stop: int) -> Range:
        return Range(place.topic, place.partition, self.generation(place.topic), first, stop)


@asynccontextmanager
async def open_log(settings: Settings, name: str) -> AsyncIterator[Log]:
    """The log, to read pieces of. Raises Unavailable."""
    generations = await read_generations(settings)
    try:
        async with reader(settings, name) as consumer:
            yield Log(consumer, generations)
    except KafkaError as error:
        raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not tell: {error!r}") from error


def _read(record: Any, generation: str) -> Message | None:
    try:
        return decode(record, generation)
    except Reject:
        return None
