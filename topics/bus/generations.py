"""Generations: which life of a topic a position belongs to."""

import asyncio
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.records import decode
from topics.errors import Reject, Unavailable
from topics.runtime.settings import Settings

TOPIC = "platform.topics"
READ_SECONDS = 15.0
WATCH_SECONDS = 20.0
# A process has a dozen watchers; each reading takes the broker five questions on connections of its own.
SHARED_SECONDS = WATCH_SECONDS / 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Generation:
    """The life of a topic: a new one begins whenever it is created."""

    generation: str
    partitions: int


@dataclass(eq=False, slots=True)
class _Lately:
    """What the watchers of one loop read last, by the address of Kafka."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read: dict[str, tuple[float, Mapping[str, Generation]]] = field(default_factory=dict)


_LATELY: WeakKeyDictionary[asyncio.AbstractEventLoop, _Lately] = WeakKeyDictionary()


async def read_generations(settings: Settings) -> Mapping[str, Generation]:
    """Read platform.topics to its end. Raises Unavailable when Kafka or that topic is not there."""
    try:
        async with asyncio.timeout(READ_SECONDS), reader(settings, "generations") as consumer:
            if TOPIC not in await consumer.topics():
                raise Unavailable(f"there is no topic {TOPIC}: run `doska topics apply`")
            return await _read_all(consumer)
    except (KafkaError, TimeoutError) as error:
        raise Unavailable(f"{TOPIC} at {settings.kafka_bootstrap} cannot be read: {error!r}") from error


async def remade(settings: Settings, known: Mapping[str, Generation], topics: Collection[str]) -> str:
    """Wait until one of the topics has begun another life than the known one; gives its name.

    A reader that stands in it would otherwise go on: the offsets of the new life look like those of the old one.
    """
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        try:
            now = await read_lately(settings)
        except Unavailable:
            continue
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError  # aiokafka's stop() swallowed it
        for topic in topics:
            if topic in now and now[topic].generation != known[topic].generation:
                return topic


async def read_lately(settings: Settings) -> Mapping[str, Generation]:
    """A reading that is young enough: one watcher reads for all of this process."""
    loop = asyncio.get_running_loop()
    lately = _LATELY.setdefault(loop, _Lately())
    async with lately.lock:
        at, found = lately.read.get(settings.kafka_bootstrap, (-math.inf, {}))
        if loop.time() - at >= SHARED_SECONDS:
            at = loop.time()
            found = await read_generations(settings)
            lately.read[settings.kafka_bootstrap] = at, found
        return found


async def _read_all(consumer: AIOKafkaConsumer) -> Mapping[str, Generation]:
    only = TopicPartition(TOPIC, 0)
    consumer.assign([only])
    end = (await consumer.end_offsets([only]))[only]
    consumer.seek(only, (await consumer.beginning_offsets([only]))[only])
    found: dict[str, Generation] = {}
    while await consumer.position(only) < end:
        for record in (await consumer.getmany(only, timeout_ms=200)).get(only, ()):
            try:
                message = decode(record, "")
            except Reject as error:
                log.warning("skipped a record of platform.topics", offset=record.offset, reason=str(error))
                continue
            if message.data is None:
                found.pop(message.envelope.subject, None)
            else:
                found[message.data["topic"]] = Generation(message.data["generation"], message.data["partitions"])
    return found
