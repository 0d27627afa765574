"""The `each` engine: one record at a time, for low volumes. A FastStream subscriber with manual acknowledgement.

Two ways of FastStream must not be reachable: its default (ACK_FIRST) commits before the work, so a crash loses
records, and its NACK reads again at once, thousands of times a second. So the policy is MANUAL, a record is committed
here after its effect, and no error leaves the subscriber.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any

import structlog
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition
from faststream import AckPolicy, BaseMiddleware, StreamMessage
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from topics.bus.batch import Batch, retry_loop
from topics.bus.clients import group_options, kafka_options, seen_through
from topics.bus.context import ConsumerContext
from topics.bus.dead_letters import bury, dead_letter
from topics.bus.failure import Death, Deaths, Interrupted, attempt
from topics.bus.generations import remade
from topics.bus.lag import Lag
from topics.bus.message import Message
from topics.bus.places import committed
from topics.bus.records import Junk, decode
from topics.bus.retry import retry_letter
from topics.errors import CheckpointMoved, Halt, PartlyFailed, Postpone, Reject, Unavailable
from topics.runtime import metrics, tracing
from topics.runtime.beside import Beside
from topics.runtime.lifespan import end, unless_stopped
from topics.runtime.service import Service
from topics.runtime.settings import Settings

# It tells of every record, and warns at each start that topics are not made by it, which is as it should be.
NOISE = logging.getLogger("topics.bus.faststream")
NOISE.setLevel(logging.ERROR)

OnMessage = Callable[[Message], Awaitable[None]]


def each(context: ConsumerContext, on_message: OnMessage) -> Service:
    """A service that gives what a consumer reads to `on_message`, one at a time; its return is the effect.

    What it postpones goes to the retry topic, where the manifest has one, and comes back beside what is new: so
    `on_message` may run twice at a time, for two records.
    """
    new = _Each(context, on_message)
    if context.manifest.retries is None:
        return new

    async def one(messages: Batch) -> None:
        for message in messages:
            await on_message(message)

    return Beside(new, retry_loop(context, one, max_records=1))


class _Each:
    def __init__(self, context: ConsumerContext, on_message: OnMessage) -> None:
        self.name = context.manifest.name
        self._context = context
        self._policy = context.manifest.on_failure
        self._on_message = on_message
        self._deaths = Deaths(self._policy.dead_letter_limit)
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._waits = False
        self._next: dict[TopicPartition, int] = {}
        self._lag = Lag(self.name)
        self._subscriber: Any = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        for topic in self._context.manifest.reads:
            if topic not in self._context.generations:
                raise Unavailable(f"{topic} has no generation: run `doska topics apply`")
        await committed(self._context, self.name, self._context.manifest.reads)
        broker = self._broker()
        self._subscriber = self._subscribe(broker)
        stop = asyncio.create_task(stopping.wait(), name=f"{self.name}: stop")
        stop.add_done_callback(lambda _: self._over.set())
        try:
            if await unless_stopped(seen_through(broker.start()), self._over):
                self._context.health.well(self.name)
                await self._work()
        finally:
            stop.cancel()
            await broker.stop()
            self._lag.forget(self._next)
        if self._failure is not None:
            raise self._failure

    async def _work(self) -> None:
        """Be there until it is over; FastStream does the reading."""
        client = self._subscriber.consumer
        tasks = [
            asyncio.create_task(self._lag.watch(client, lambda: self._next), name=f"{self.name}: lag"),
            asyncio.create_task(self._watch_generations(), name=f"{self.name}: generations"),
        ]
        silence = f"{self.name}: log"
        self._context.health.watch(silence, self._lag.silence)
        try:
            await self._over.wait()
        finally:
            self._context.health.forget(silence)
            await end(*tasks)

    def _broker(self) -> KafkaBroker:
        return KafkaBroker(
            self._context.settings.kafka_bootstrap.split(","),
            client_id=f"{self.name}-{self._context.settings.replica}",
            security=_security(self._context.settings),
            consumer_only=True,
            allow_auto_create_topics=False,
            ack_policy=AckPolicy.MANUAL,
            apply_types=False,
            middlewares=[partial(_NothingPasses, end=self._end)],
            logger=NOISE,
            log_level=logging.DEBUG,
        )

    def _subscribe(self, broker: KafkaBroker) -> Any:
        subscriber: Any = broker.subscriber(
            *self._context.manifest.reads,
            **group_options(self.name, self._context.settings.replica),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            max_workers=1,
            max_partition_fetch_bytes=4 * 1024**2,
            # FastStream's own would decode every header as UTF-8 and pass a record over where that fails.
            parser=_raw,
            decoder=_itself,
        )
        subscriber(self._take)
        return subscriber

    async def _take(self, message: "StreamMessage[Any]") -> None:
        """Handle one record; whatever happens, no error goes back to FastStream, which would pass the record over."""
        if self._over.is_set():
            return
        record = message.raw_message
        try:
            await self._handle(record)
            await self._commit(record)
        except Interrupted:
            self._context.log.info("record given up; it is read again", topic=record.topic, offset=record.offset)
        except CheckpointMoved as error:
            self._end(Halt(f"the `each` engine has no checkpoints: {error}"))
        except Exception as error:  # noqa: BLE001 - it comes out of run()
            self._end(error)

    async def _watch_generations(self) -> None:
        topic = await remade(self._context.settings, self._context.generations, self._context.manifest.reads)
        self._end(Halt(f"{topic} was made anew while it was read: its offsets mean other records now"))

    def _end(self, failure: Exception) -> None:
        self._failure = failure
        self._over.set()

    async def _handle(self, record: Any) -> None:
        generation = self._context.generations[record.topic].generation
        try:
            message = decode(record, generation)
        except Junk as junk:
            await self._bury(record, Death.of(junk))
            return
        with structlog.contextvars.bound_contextvars(
            trace_id=tracing.trace_id(message.envelope.traceparent), message_id=message.envelope.id
        ):
            with metrics.STEP.labels(self.name, "handle").time():
                try:
                    death = await attempt(
                        lambda: self._on_message(message),
                        self._policy,
                        self._pause,
                        retried=lambda reason: self._retried(record, reason),
                    )
                except (Postpone, PartlyFailed) as error:
                    self._say_well()
                    fate = error if isinstance(error, Postpone) else error.failures.get(0, ())
                    death = Death.of(fate) if isinstance(fate, Reject) else None
                    if not isinstance(fate, Reject):
                        await self._postpone(record, (fate,) if isinstance(fate, Postpone) else fate)
                        return
            self._say_well()
            if death is not None:
                await self._bury(record, death)
                return
        self._deaths.handled()
        metrics.RECORDS.labels(self.name, record.topic, "handled").inc()
        born = datetime.fromisoformat(message.envelope.time).timestamp()
        metrics.RECORD_AGE.labels(self.name, record.topic).observe(max(0.0, time.time() - born))

    async def _bury(self, record: Any, death: Death) -> None:
        self._deaths.died(death)
        generation = self._context.generations[record.topic].generation
        letter = dead_letter(
            self._context.manifest, record, death, generation=generation, at_ms=int(time.time() * 1000)
        )
        await bury(self._context.publisher, letter, self._pause)
        metrics.RECORDS.labels(self.name, record.topic, "rejected" if death.rejected else "failed").inc()
        metrics.RECORDS.labels(self.name, record.topic, "dead").inc()
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._context.log.error("dead letter", **where, code=death.code, reason=death.detail)

    async def _postpone(self, record: Any, postponed: Sequence[Postpone]) -> None:
        """Put a record on the retry topic, once for each thing that is still to do."""
        generation, now_ms = self._context.generations[record.topic].generation, int(time.time() * 1000)
        for one in postponed:
            letter = retry_letter(
                self._context.manifest,
                record,
                one,
                generation=generation,
                at_ms=now_ms,
                jitter=random.uniform(0.5, 1.0),
            )
            if isinstance(letter, Death):
                raise TypeError("the first attempt is not the last: the manifest asks for two at least")
            await bury(self._context.publisher, letter, self._pause)
            metrics.RECORDS.labels(self.name, record.topic, "postponed").inc()

    async def _commit(self, record: Any) -> None:
        """Commit exactly this record, with the generation beside the offset."""
        place = TopicPartition(record.topic, record.partition)
        generation = self._context.generations[record.topic].generation
        self._next[place] = record.offset + 1
        self._lag.done(place, record.timestamp)
        try:
            await self._subscriber.consumer.commit({place: (record.offset + 1, generation)})
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            # The partition is another's by now, and the record is read again there: at least once.
            metrics.COMMITS_REFUSED.labels(self.name).inc()
            self._context.log.warning("group commit refused", error=repr(error))

    async def _pause(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True

    def _say_well(self) -> None:
        if self._waits:
            self._waits = False
            self._context.health.well(self.name)

    def _retried(self, record: Any, reason: str) -> None:
        metrics.RECORDS.labels(self.name, record.topic, "retried").inc()
        self._context.health.ill(self.name, f"waits: {reason}")
        self._waits = True


class _NothingPasses(BaseMiddleware):
    """Ends the consumer on an error anywhere in FastStream, which by itself would log it and go to the next record."""

    def __init__(self, message: Any, /, *, context: Any, end: Callable[[Exception], None]) -> None:
        super().__init__(message, context=context)
        self._end = end

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> bool | None:
        if isinstance(error, Exception):
            self._end(error)
        return await super().__aexit__(kind, error, trace)


async def _raw(record: ConsumerRecord) -> "StreamMessage[Any]":
    return StreamMessage(raw_message=record, body=b"")


async def _itself(message: "StreamMessage[Any]") -> "StreamMessage[Any]":
    return message


def _security(settings: Settings) -> BaseSecurity | None:
    options = kafka_options(settings)
    ssl_context = options.get("ssl_context")
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=ssl_context) if ssl_context is not None else None
    scheme = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return scheme[settings.kafka_sasl_mechanism](
        username=options["sasl_plain_username"] or "",
        password=options["sasl_plain_password"] or "",
        ssl_context=ssl_context,
    )
