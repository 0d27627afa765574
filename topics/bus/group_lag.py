"""How far each consumer is behind, asked from outside: by its group's commits, against the ends of its partitions."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import kafka_options, reader, seen_through
from topics.bus.cluster import repeated
from topics.bus.generations import read_generations
from topics.bus.manifest import Manifest
from topics.errors import Unavailable
from topics.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Standing:
    """One consumer in one partition; `committed` is None where it never was."""

    consumer: str
    topic: str
    partition: int
    committed: int | None
    first: int
    end: int

    @property
    def behind(self) -> int:
        """Records that it has still to read; those that retention removed are gone."""
        return max(0, self.end - max(self.first, self.committed or 0))


async def group_lag(settings: Settings, manifests: Collection[Manifest]) -> list[Standing]:
    """Where the consumers stand. Raises Unavailable when Kafka is not there.

    A consumer whose truth is in its store commits once a second, so that much may be done already.
    """
    generations = await read_generations(settings)
    admin = AIOKafkaAdminClient(**kafka_options(settings), client_id="doska-lag")
    try:
        await seen_through(admin.start())
        async with reader(settings, "lag") as consumer:
            found: list[Standing] = []
            readings = [(each.name, each.name, each.reads) for each in manifests]
            readings += [(each.name, each.retries, (each.retries,)) for each in manifests if each.retries is not None]
            for name, group, topics in readings:
                commits = await repeated(partial(admin.list_consumer_group_offsets, group))
                places = [
                    TopicPartition(topic, number)
                    for topic in topics
                    if topic in generations
                    for number in range(generations[topic].partitions)
                ]
                first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
                for place in places:
                    known = commits.get(place)
                    committed = known.offset if known is not None and known.offset >= 0 else None
                    found.append(Standing(name, place.topic, place.partition, committed, first[place], end[place]))
            return found
    except KafkaError as error:
        raise Unavailable(f"Kafka at {settings.kafka_bootstrap} does not tell: {error!r}") from error
    finally:
        await admin.close()
