"""Publishing: a record is placed, or it is known that nothing happened, or it is said that nobody knows."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import murmur2
from aiokafka.structs import RecordMetadata

from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.problems import pointed
from schemas.registry import registry
from topics.bus.catalog import DEAD_LETTER_BYTES, catalog
from topics.bus.clients import kafka_options
from topics.errors import Reject, Unavailable, Unconfirmed
from topics.runtime import metrics
from topics.runtime.settings import Settings

Headers = Sequence[tuple[str, bytes]]
BATCH_BYTES = 64 * 1024
PROBE_SECONDS = 1.0
CLOSE_SECONDS = 5.0
# The broker said no and nothing was written; every other failure leaves the record's fate open.
REFUSED = (InvalidTopicError, TopicAuthorizationFailedError)
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an acknowledged record stands."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


@dataclass(slots=True)
class _Pending:
    deadline: float
    started: float
    topic: str
    placed: asyncio.Future[Placed]


def partition_for(key: bytes, partitions: int) -> int:
    """The partition that the producer gives a key: Kafka's murmur2, as every Kafka client does it."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


class Publisher:
    """A producer with a deadline of its own. Use as an async context manager, or `start` and `stop`.

    An idempotent aiokafka producer never gives a record up, and one that lost its sequence never works again. So this
    one tells its caller after `deadline_seconds` that the fate is unknown, and replaces a producer that broke.

    Args:
        settings: where Kafka is.
        source: who publishes; names the client and the metrics.
        acks: "all" for what must survive, 1 for presence.
        idempotent: keep each partition's records in order and single over retries.
        enqueue_seconds: how long a record may wait for room or for metadata before it is `Unavailable`.
        deadline_seconds: how long an enqueued record may wait for its acknowledgement before it is `Unconfirmed`.
    """

    def __init__(
        self,
        settings: Settings,
        source: str,
        *,
        acks: Literal["all", 1] = "all",
        idempotent: bool = True,
        enqueue_seconds: float = 5.0,
        deadline_seconds: float = 10.0,
        linger_ms: int = 0,
    ) -> None:
        self.source = source
        self._settings = settings
        self._idempotent = idempotent
        self._enqueue_seconds = enqueue_seconds
        self._deadline_seconds = deadline_seconds
        self._options: dict[str, Any] = {
            **kafka_options(settings),
            "client_id": f"{source}-{settings.replica}",
            "acks": acks,
            "enable_idempotence": idempotent,
            "linger_ms": linger_ms,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": DEAD_LETTER_BYTES,
            "request_timeout_ms": 5000,
            "retry_backoff_ms": 100,
        }
        self._producer: AIOKafkaProducer | None = None
        self._usable = asyncio.Event()
        self._replacing: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._pending: deque[_Pending] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._failing = False
        self._stopped = False

    @property
    def healthy(self) -> bool:
        """Whether a record sent now would likely be placed in time."""
        if not self._usable.is_set() or self._failing:
            return False
        late = asyncio.get_running_loop().time() - self._deadline_seconds / 2
        return not self._pending or self._pending[0].started > late

    async def start(self) -> None:
        """Connect. Raises Unavailable when Kafka is not there."""
        self._producer = await self._begin()
        self._usable.set()

    async def stop(self) -> None:
        """Send what is enqueued, for a few seconds, and close."""
        self._stopped = True
        self._usable.clear()
        for task in (self._replacing, self._probing):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if self._producer is not None:
            await _close(self._producer)
            self._producer = None
        if self._timer is not None:
            self._timer.cancel()
        while self._pending:
            self._give_up(self._pending.popleft())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def publish(self, envelope: Envelope, data: Any) -> Placed:
        """Check `data` against the closed schema of its type, place it by the type's topic and key, wait for the ack.

        Raises DataInvalid, UnknownType, Reject (too large), Unavailable (nothing happened), Unconfirmed (fate unknown).
        """
        mt = registry().of_dataschema(envelope.dataschema)
        if mt.topic is None or mt.key is None or mt.within is not None:
            raise ValueError(f"{mt.name} stands on no topic by itself")
        codec.validate(mt, data)
        key = str(pointed(data, mt.key))
        if envelope.subject != key:
            raise ValueError(f"{envelope.type}: the subject is {envelope.subject!r} and the key {key!r}")
        return await (await self.send(mt.topic, key.encode(), codec.encode(data), to_headers(envelope)))

    async def tombstone(self, topic: str, key: str, headers: Headers) -> Placed:
        """Forget `key` of a compacted topic."""
        return await (await self.send(topic, key.encode(), None, headers))

    async def send(
        self, topic: str, key: bytes, value: bytes | None, headers: Headers, *, partition: int | None = None
    ) -> asyncio.Future[Placed]:
        """Enqueue a record that is already checked; the future gives its place, or Unconfirmed at the deadline.

        Raises Unavailable when it could not be enqueued (nothing happened) and Reject when it is larger than the topic takes.
        """
        size = len(key) + len(value or b"") + sum(len(name) + len(content) for name, content in headers)
        known = catalog().get(topic)
        if size > (known.max_message if known is not None else DEAD_LETTER_BYTES):
            raise Reject("too_large", f"a record of {size} bytes is larger than {topic} takes")
        loop = asyncio.get_running_loop()
        started = loop.time()
        producer = self._producer
        try:
            async with asyncio.timeout(self._enqueue_seconds):
                if not self._usable.is_set():
                    await self._usable.wait()
                producer = self._producer
                if producer is None or self._stopped:
                    raise Unavailable(f"{self.source}: the publisher is stopped")
                acknowledged = await producer.send(topic, value, key, partition=partition, headers=list(headers))
        except TimeoutError as error:
            raise self._unavailable(topic, "Kafka takes no records now") from error
        except (KafkaTimeoutError, KafkaConnectionError) as error:
            raise self._unavailable(topic, f"Kafka takes no records now: {error}") from error
        except UnknownTopicOrPartitionError as error:
            raise self._unavailable(topic, f"there is no topic {topic}: run `doska topics apply`") from error
        except MessageSizeTooLargeError as error:
            raise Reject("too_large", f"a record of {size} bytes is larger than Kafka takes") from error
        except KafkaError as error:
            self._replace(producer, error)
            raise self._unavailable(topic, f"the producer broke: {error!r}") from error
        pending = _Pending(started + self._deadline_seconds, started, topic, loop.create_future())
        self._pending.append(pending)
        if self._timer is None:
            self._timer = loop.call_at(pending.deadline, self._expire)
        acknowledged.add_done_callback(lambda done: self._settle(producer, pending, done))
        return pending.placed

    def _settle(self, producer: AIOKafkaProducer, pending: _Pending, done: "asyncio.Future[RecordMetadata]") -> None:
        error = done.exception() if not done.cancelled() else asyncio.CancelledError()
        if error is not None:
            # A batch that failed has used up its sequence numbers: the broker takes nothing of this producer any more.
            if self._idempotent:
                self._replace(producer, error)
            self._refuse(pending, error)
            return
        place = done.result()
        if place.offset < 0:
            # A duplicate that the broker has forgotten: it is in the log, and its place is not known.
            self._refuse(pending, KafkaError("the broker no longer knows the place of a repeated record"))
            return
        self._failing = False
        metrics.PUBLISHED.labels(self.source, pending.topic).inc()
        metrics.PUBLISH_TIME.labels(self.source, pending.topic).observe(
            asyncio.get_running_loop().time() - pending.started
        )
        if not pending.placed.done():
            pending.placed.set_result(Placed(place.topic, place.partition, place.offset, place.timestamp))
        self._forget_settled()

    def _refuse(self, pending: _Pending, error: BaseException) -> None:
        if pending.placed.done():
            return
        if isinstance(error, TOO_LARGE):
            pending.placed.set_exception(Reject("too_large", f"the record is larger than {pending.topic} takes"))
        elif isinstance(error, REFUSED):
            pending.placed.set_exception(self._unavailable(pending.topic, f"the broker refused the record: {error!r}"))
        else:
            self._give_up(pending, repr(error))
        self._forget_settled()

    def _give_up(self, pending: _Pending, why: str = "no acknowledgement in time") -> None:
        if not pending.placed.done():
            metrics.PUBLISH_FAILED.labels(self.source, pending.topic, "unconfirmed").inc()
            pending.placed.set_exception(Unconfirmed(f"{pending.topic}: {why}"))

    def _forget_settled(self) -> None:
        while self._pending and self._pending[0].placed.done():
            self._pending.popleft()

    def _expire(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._pending and (self._pending[0].placed.done() or self._pending[0].deadline <= now):
            pending = self._pending.popleft()
            if not pending.placed.done():
                self._fail()
                self._give_up(pending)
        if self._pending:
            self._timer = asyncio.get_running_loop().call_at(self._pending[0].deadline, self._expire)

    def _unavailable(self, topic: str, why: str) -> Unavailable:
        self._fail()
        metrics.PUBLISH_FAILED.labels(self.source, topic, "unavailable").inc()
        return Unavailable(why)

    def _fail(self) -> None:
        """Count as unhealthy until a record is placed or Kafka answers a probe."""
        self._failing = True
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(), name=f"{self.source}: probe")

    async def _probe(self) -> None:
        while self._failing and not self._stopped:
            await asyncio.sleep(PROBE_SECONDS)
            if self._producer is not None and await self._producer.client.force_metadata_update():
                self._failing = False

    def _replace(self, broken: AIOKafkaProducer | None, error: BaseException) -> None:
        if self._stopped or broken is not self._producer or not self._usable.is_set():
            return
        self._usable.clear()
        log.warning("producer broke and is replaced", source=self.source, error=repr(error))
        metrics.PRODUCERS_REPLACED.labels(self.source).inc()
        self._replacing = asyncio.create_task(self._renew(), name=f"{self.source}: replace producer")

    async def _renew(self) -> None:
        # First the old one ends, whatever it still holds: two producers of one partition would change the order.
        if self._producer is not None:
            broken, self._producer = self._producer, None
            await _close(broken)
        while True:
            try:
                self._producer = await self._begin()
            except Unavailable as error:
                log.warning("no new producer yet", source=self.source, error=str(error))
                await asyncio.sleep(PROBE_SECONDS)
            else:
                self._usable.set()
                return

    async def _begin(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(**self._options)
        try:
            await producer.start()
        except BaseException as error:
            await producer.stop()
            if isinstance(error, KafkaError):
                raise Unavailable(f"Kafka at {self._settings.kafka_bootstrap} is not there: {error}") from error
            raise
        return producer


async def _close(producer: AIOKafkaProducer) -> None:
    """Flush and close, within a limit: a broken producer would flush for ever."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.stop()
    except TimeoutError:
        await producer.client.close()
    except KafkaError as error:
        log.info("a broken producer closed with an error", error=repr(error))
