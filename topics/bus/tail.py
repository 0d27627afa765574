"""A tail: every record of some partitions, without a group, and a proof of how fresh it is."""

import asyncio
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.generations import Generation, read_generations, remade
from topics.bus.message import Message
from topics.bus.records import Record, decode
from topics.errors import Reject, Unavailable
from topics.runtime import metrics
from topics.runtime.lifespan import end
from topics.runtime.settings import Settings

OnMessage = Callable[[Message], Awaitable[None] | None]
# An idle fetch comes back this often, and each one proves that there was nothing to read.
FETCH_WAIT_MS = 150
POLL_MS = 100
RETRY_SECONDS = 0.5

log = structlog.get_logger(__name__)


class Tail:
    """Reads partitions from a time, or from their end, and gives each good record to `on_message`, in order.

    Records that cannot be read are counted and passed over: a tail serves what is live and has no dead letters.
    An error raised by `on_message` ends `run`. Records may come twice after a fault of Kafka.

    Args:
        settings: where Kafka is.
        topics: what to read.
        on_message: called with each record; may be a coroutine function.
        since_ms: Unix time to start from; `None` starts at the end.
        partitions: only these partition numbers; `None` is all.
        name: the name in metrics.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        on_message: OnMessage,
        *,
        since_ms: int | None = None,
        partitions: Collection[int] | None = None,
        name: str = "tail",
    ) -> None:
        self.name = name
        self._settings = settings
        self._topics = tuple(topics)
        self._on_message = on_message
        self._since_ms = since_ms
        self._only = None if partitions is None else frozenset(partitions)
        self._partitions: list[TopicPartition] = []
        self._next: dict[TopicPartition, int] = {}
        self._proven: dict[TopicPartition, float] = {}
        self._generations: Mapping[str, Generation] = {}
        self._progress = asyncio.Condition()

    def lag_seconds(self) -> float:
        """How long ago it was proven that everything had been read; infinite until it first was."""
        if not self._partitions or not self._proven.keys() >= set(self._partitions):
            return math.inf
        return max(0.0, time.monotonic() - min(self._proven[each] for each in self._partitions))

    def fresh(self, within_seconds: float = 1.0) -> bool:
        """Whether nothing older than `within_seconds` can be missing."""
        return self.lag_seconds() <= within_seconds

    async def wait_fresh(self, timeout_seconds: float, within_seconds: float = 1.0) -> None:
        """Wait until the tail is fresh. Raises Unavailable when it is not in time."""
        try:
            async with asyncio.timeout(timeout_seconds), self._progress:
                await self._progress.wait_for(lambda: self.fresh(within_seconds))
        except TimeoutError as error:
            raise Unavailable(f"{self.name} is {self.lag_seconds():.1f} s behind") from error

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until `stopping` is set; reconnects for as long as Kafka is away."""
        while not stopping.is_set():
            try:
                await self._read(stopping)
            except (KafkaError, Unavailable) as error:
                log.warning("tail lost Kafka", tail=self.name, error=repr(error))
                metrics.TAIL_LAG.labels(self.name).set(self.lag_seconds())
                await _pause(stopping, RETRY_SECONDS)

    async def _read(self, stopping: asyncio.Event) -> None:
        self._adopt(await read_generations(self._settings))
        client_id = f"{self.name}-{self._settings.replica}"
        options = {"fetch_max_wait_ms": FETCH_WAIT_MS, "request_timeout_ms": 5000}
        async with reader(self._settings, client_id, **options) as consumer:
            consumer.assign(self._partitions)
            await self._seek(consumer)
            anew = asyncio.create_task(
                remade(self._settings, self._generations, self._topics), name=f"{self.name}: generations"
            )
            try:
                await self._follow(consumer, stopping, anew)
            finally:
                await end(anew)

    async def _follow(self, consumer: AIOKafkaConsumer, stopping: asyncio.Event, anew: asyncio.Task[str]) -> None:
        while not stopping.is_set():
            if anew.done():
                raise Unavailable(f"{anew.result()} was made anew")
            for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                for record in records:
                    await self._give(record)
            await self._prove(consumer)

    def _adopt(self, generations: Mapping[str, Generation]) -> None:
        """Learn the partitions; a topic that was made anew is read from its beginning."""
        partitions = []
        for topic in self._topics:
            known = generations.get(topic)
            if known is None:
                raise Unavailable(f"the topic {topic} has no generation: run `doska topics apply`")
            numbers = range(known.partitions) if self._only is None else self._only
            partitions += [TopicPartition(topic, number) for number in numbers]
            if topic in self._generations and self._generations[topic].generation != known.generation:
                self._next |= dict.fromkeys((each for each in self._next if each.topic == topic), 0)
        self._generations, self._partitions = generations, partitions

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Go on where reading ended; the first time at the time asked for, or at the end."""
        ends = await consumer.end_offsets(self._partitions)
        new = [each for each in self._partitions if each not in self._next]
        starts: dict[TopicPartition, int] = {}
        if new and self._since_ms is not None:
            found = await consumer.offsets_for_times(dict.fromkeys(new, self._since_ms))
            starts = {each: place.offset for each, place in found.items() if place is not None}
        for each in self._partitions:
            at = self._next.get(each, starts.get(each, ends[each]))
            if at > ends[each]:
                log.warning("a topic became shorter; reading from its end", topic=each.topic, partition=each.partition)
                at = ends[each]
            self._next[each] = at
            consumer.seek(each, at)

    async def _give(self, record: Record) -> None:
        try:
            message = decode(record, self._generations[record.topic].generation)
        except Reject as error:
            metrics.TAIL_SKIPPED.labels(self.name, record.topic).inc()
            log.warning(
                "tail skipped a record",
                tail=self.name,
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                reason=str(error),
            )
        else:
            done = self._on_message(message)
            if inspect.isawaitable(done):
                await done
        self._next[TopicPartition(record.topic, record.partition)] = record.offset + 1

    async def _prove(self, consumer: AIOKafkaConsumer) -> None:
        """A fetch that found the partition's end where reading stands proves freshness as of that fetch."""
        now, wall_ms = time.monotonic(), time.time() * 1000
        for each in self._partitions:
            fetched_ms, end = consumer.last_poll_timestamp(each), consumer.highwater(each)
            if fetched_ms is None or end is None or await consumer.position(each) < end:
                continue
            # The client stamps a fetch with the wall clock; an age taken at once is safe from its jumps.
            proven = now - max(0.0, wall_ms - fetched_ms) / 1000
            self._proven[each] = max(self._proven.get(each, -math.inf), proven)
        metrics.TAIL_LAG.labels(self.name).set(self.lag_seconds())
        async with self._progress:
            self._progress.notify_all()


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
