"""Publishing: a record is placed, or it is known that nothing happened, or it is said that nobody knows."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import lru_cache
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
from topics.bus.deadlines import Deadlines, Placed, Waiting
from topics.bus.producer import close_producer, open_producer
from topics.errors import Reject, Unavailable, Unconfirmed
from topics.runtime import metrics
from topics.runtime.lifespan import end
from topics.runtime.settings import Settings

Headers = Sequence[tuple[str, bytes]]
PROBE_SECONDS = 1.0
ANSWER_SECONDS = 5.0
# The broker said no and nothing was written; every other failure leaves the record's fate open.
REFUSED = (InvalidTopicError,)
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)

log = structlog.get_logger(__name__)

__all__ = ["Headers", "Placed", "Publisher", "partition_for"]


@lru_cache(maxsize=65_536)
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
        self._options = {
            "client_id": f"{source}-{settings.replica}",
            "acks": acks,
            "enable_idempotence": idempotent,
            "linger_ms": linger_ms,
        }
        self._producer: AIOKafkaProducer | None = None
        self._usable = asyncio.Event()
        self._replacing: asyncio.Task[None] | None = None
        self._probing: asyncio.Task[None] | None = None
        self._waiting = Deadlines(self._expire)
        self._failing = False
        self._stopped = False

    @property
    def healthy(self) -> bool:
        """Whether a record sent now would likely be placed in time."""
        if not self._usable.is_set() or self._failing:
            return False
        return self._waiting.oldest_seconds() < self._deadline_seconds / 2

    async def start(self) -> None:
        """Connect. Raises Unavailable when Kafka is not there."""
        self._producer = await open_producer(self._settings, **self._options)
        self._usable.set()

    async def stop(self) -> None:
        """Send what is enqueued, for a few seconds, and close."""
        self._stopped = True
        self._usable.clear()
        await end(*(task for task in (self._replacing, self._probing) if task is not None))
        if self._producer is not None:
            await close_producer(self._producer)
            self._producer = None
        self._waiting.close()

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

        Raises Unavailable when it could not be enqueued (nothing happened), and Reject when it never can be: larger than
        the topic takes, or for a partition that is not there.
        """
        _check_size(topic, key, value, headers)
        started = asyncio.get_running_loop().time()
        producer, acknowledged = await self._enqueue(topic, key, value, headers, partition)
        waiting = self._waiting.add(topic, started, started + self._deadline_seconds)
        acknowledged.add_done_callback(lambda done: self._settle(producer, waiting, done))
        return waiting.placed

    async def _enqueue(
        self, topic: str, key: bytes, value: bytes | None, headers: Headers, partition: int | None
    ) -> "tuple[AIOKafkaProducer, asyncio.Future[RecordMetadata]]":
        producer = self._producer
        try:
            async with asyncio.timeout(self._enqueue_seconds):
                if not self._usable.is_set():
                    await self._usable.wait()
                producer = self._producer
                if producer is None or self._stopped:
                    raise Unavailable(f"{self.source}: the publisher is stopped")
                return producer, await producer.send(topic, value, key, partition=partition, headers=list(headers))
        except (TimeoutError, KafkaTimeoutError, KafkaConnectionError) as error:
            raise self._unavailable(topic, f"Kafka takes no records now {error}".rstrip()) from error
        except TopicAuthorizationFailedError as error:
            raise self._unavailable(topic, self._forbidden(topic)) from error
        except UnknownTopicOrPartitionError as error:
            raise self._unavailable(topic, f"there is no topic {topic}: run `doska topics apply`") from error
        except MessageSizeTooLargeError as error:
            raise Reject("too_large", f"the record is larger than Kafka takes: {error}") from error
        except AssertionError as error:
            raise Reject("not_found", f"{topic} has no partition {partition}") from error
        except KafkaError as error:
            self._replace(producer, error)
            raise self._unavailable(topic, f"the producer broke: {error!r}") from error

    def _settle(self, producer: AIOKafkaProducer, waiting: Waiting, done: "asyncio.Future[RecordMetadata]") -> None:
        error = done.exception() if not done.cancelled() else asyncio.CancelledError()
        if error is not None:
            # A batch that failed has used up its sequence numbers: the broker takes nothing of this producer any more.
            if self._idempotent:
                self._replace(producer, error)
            self._refuse(waiting, error)
            return
        place = done.result()
        if place.offset < 0:
            # A duplicate that the broker has forgotten: it is in the log, and its place is not known.
            self._refuse(waiting, KafkaError("the broker no longer knows the place of a repeated record"))
            return
        self._failing = False
        metrics.PUBLISHED.labels(self.source, waiting.topic).inc()
        metrics.PUBLISH_TIME.labels(self.source, waiting.topic).observe(
            asyncio.get_running_loop().time() - waiting.started
        )
        if not waiting.placed.done():
            waiting.placed.set_result(Placed(place.topic, place.partition, place.offset, place.timestamp))
        self._waiting.sweep()

    def _refuse(self, waiting: Waiting, error: BaseException) -> None:
        if waiting.placed.done():
            return
        if isinstance(error, TOO_LARGE):
            waiting.placed.set_exception(Reject("too_large", f"the record is larger than {waiting.topic} takes"))
        elif isinstance(error, TopicAuthorizationFailedError):
            waiting.placed.set_exception(self._unavailable(waiting.topic, self._forbidden(waiting.topic)))
        elif isinstance(error, REFUSED):
            waiting.placed.set_exception(self._unavailable(waiting.topic, f"the broker refused the record: {error!r}"))
        else:
            self._give_up(waiting, repr(error))
        self._waiting.sweep()

    def _forbidden(self, topic: str) -> str:
        who = self._settings.kafka_sasl_username
        return f"Kafka does not let {who} write {topic}: `doska topics acl plan` shows who may"

    def _give_up(self, waiting: Waiting, why: str) -> None:
        if not waiting.placed.done():
            metrics.PUBLISH_FAILED.labels(self.source, waiting.topic, "unconfirmed").inc()
            waiting.placed.set_exception(Unconfirmed(f"{waiting.topic}: {why}"))

    def _expire(self, waiting: Waiting) -> None:
        self._fail()
        self._give_up(waiting, "no acknowledgement in time")

    def _unavailable(self, topic: str, why: str) -> Unavailable:
        self._fail()
        metrics.PUBLISH_FAILED.labels(self.source, topic, "unavailable").inc()
        return Unavailable(why)

    def _fail(self) -> None:
        """Count as unhealthy until a record is placed or Kafka answers a probe."""
        if self._stopped:
            return
        self._failing = True
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(), name=f"{self.source}: probe")

    async def _probe(self) -> None:
        while self._failing and not self._stopped:
            await asyncio.sleep(PROBE_SECONDS)
            # Not for ever: a client that is closed while it is asked, because its producer is replaced, never answers.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
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
            await close_producer(broken)
        while True:
            try:
                self._producer = await open_producer(self._settings, **self._options)
            except Exception as error:  # noqa: BLE001 - whatever it is, without a producer nothing is ever taken again
                log.warning("no new producer yet", source=self.source, error=repr(error))
                await asyncio.sleep(PROBE_SECONDS)
            else:
                self._usable.set()
                return


def _check_size(topic: str, key: bytes, value: bytes | None, headers: Headers) -> None:
    size = len(key) + len(value or b"") + sum(len(name) + len(content or b"") for name, content in headers)
    known = catalog().get(topic)
    if size > (known.max_message if known is not None else DEAD_LETTER_BYTES):
        raise Reject("too_large", f"a record of {size} bytes is larger than {topic} takes")
