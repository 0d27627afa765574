"""The `decide` engine: an action is decided once, its effect and its facts are one transaction, its answer comes back."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import asyncpg
from aiokafka.structs import TopicPartition
from structlog.contextvars import unbind_contextvars

from schemas.registry import registry
from topics.bus import decide_outbox
from topics.bus.context import ConsumerContext
from topics.bus.decide_batch import Batch, Outcome, Place
from topics.bus.decide_checkpoints import UNREAD, Fenced, claim, still_ours
from topics.bus.decide_entries import Entry, read
from topics.bus.decide_faults import PASSING
from topics.bus.decide_outbox import Reached
from topics.bus.decide_records import ANSWER
from topics.bus.decide_retention import purge
from topics.bus.decider import Decider
from topics.bus.failure import Death, Deaths, Interrupted, backoff_seconds
from topics.bus.member import Member, Records
from topics.errors import CheckpointMoved, Halt, Retry, Unavailable
from topics.runtime import metrics
from topics.runtime.connections import ABANDONED_AFTER, postgres_pool
from topics.runtime.lifespan import end
from topics.runtime.service import Service

# A transaction holds its locks to its end: long enough to pay for a commit, short enough for who waits.
BATCH: Final = 100
ACQUIRE_SECONDS: Final = 10.0
REJOIN_SECONDS: Final = 1.0
CLOSE_SECONDS: Final = 5.0
PURGE_SECONDS: Final = 3600.0
LOCK_TIMEOUT: Final = "20s"


async def nowhere(_step: str) -> None:
    """Nobody waits for steps, outside of tests."""


def decide(
    context: ConsumerContext,
    decider: Decider[Any],
    *,
    reached: Reached = nowhere,
    abandoned_after: Mapping[str, str] = ABANDONED_AFTER,
) -> Service:
    """A service that gives what a consumer reads to `decider`, each record once.

    Args:
        context: whose engine this is; its tables are in the PostgreSQL schema of its name.
        decider: the rules.
        reached: told the name of every step: begun, decided, committed, published, marked.
        abandoned_after: how long PostgreSQL keeps an open transaction whose owner is silent, as settings of its own.
    """
    return _Decisions(context, decider, reached, abandoned_after)


class _Decisions:
    """Partitions of the group, each with its checkpoint in PostgreSQL; one run of a member is one owner there."""

    def __init__(
        self, context: ConsumerContext, decider: Decider[Any], reached: Reached, abandoned_after: Mapping[str, str]
    ) -> None:
        self.name = context.manifest.name
        self._context = context
        self._decider = decider
        self._reached = reached
        self._abandoned_after = abandoned_after
        self._policy = context.manifest.on_failure
        self._deaths: dict[TopicPartition, Deaths] = {}
        answers = registry().get(ANSWER).topic
        if answers is None or answers not in context.generations:
            raise Unavailable(f"{answers} has no generation: run `doska topics apply`")
        self._answers = answers
        self._pool: asyncpg.Pool | None = None
        self._tries = 0
        self._purged_at = 0.0
        self._begin()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        self._pool = await self._connect(stopping)
        if self._pool is None:
            return
        try:
            while not stopping.is_set():
                self._begin()
                try:
                    await self._member.run(stopping, self._on_records)
                except Fenced as why:
                    self._context.log.warning("fenced: joining the group anew", reason=str(why))
                    self._context.health.ill(self.name, str(why))
                    await _wait(stopping, REJOIN_SECONDS)
        finally:
            await _close(self._pool)

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        """Take the partition over, publish what was decided and not published, and say where to go on.

        Raises Retry while PostgreSQL or Kafka is not there, Halt for another generation, Fenced when it was taken from us.
        """
        each = TopicPartition(topic, partition)
        take = still_ours if each in self._again else claim
        try:
            async with self._connection() as connection:
                place = await take(connection, topic, partition, generation, self._owner)
                await self._publish_once(connection, each)
        except PASSING as error:
            raise Retry(f"PostgreSQL: {error!r}") from error
        self._again.discard(each)
        self._next[each] = place
        return None if place == UNREAD else place

    def _begin(self) -> None:
        """A new owner with nothing in hand."""
        self._owner = str(uuid4())
        self._next: dict[TopicPartition, int] = {}
        self._again: set[TopicPartition] = set()
        self._attempts: dict[TopicPartition, tuple[int, int]] = {}
        self._member = Member(self._context, checkpoints=self, commit_seconds=1.0)

    async def _connect(self, stopping: asyncio.Event) -> asyncpg.Pool | None:
        tries = 0
        while not stopping.is_set():
            try:
                return await postgres_pool(
                    self._context.settings,
                    f"doska_{self.name}",
                    server_settings={
                        "search_path": self.name,
                        **self._abandoned_after,
                        "lock_timeout": LOCK_TIMEOUT,
                    },
                )
            except PASSING as error:
                tries += 1
                self._context.health.ill(self.name, f"PostgreSQL: {error}")
                self._context.log.warning("PostgreSQL is not there", error=repr(error))
                await _wait(stopping, backoff_seconds(tries, self._policy))
        return None

    def _connection(self) -> Any:
        assert self._pool is not None  # noqa: S101 - run() has set it
        return self._pool.acquire(timeout=ACQUIRE_SECONDS)

    async def _on_records(self, records: Records) -> None:
        """Decide partition by partition, side by side: their transactions wait for PostgreSQL and Kafka, not for each other.

        None is cancelled for the fault of another: its own might be committed and nobody would know.
        """
        work = []
        for each, new in records.items():
            with metrics.STEP.labels(self.name, "decode").time():
                entries = [read(record, self._member.generation(record.topic), self._decider) for record in new]
            work.append(asyncio.create_task(self._partition(each, entries), name=f"{self.name}: {each.partition}"))
        try:
            outcomes = await asyncio.gather(*work, return_exceptions=True)
        finally:
            await end(*work)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failures:
            raise min(failures, key=_urgency)

    async def _partition(self, each: TopicPartition, entries: Sequence[Entry]) -> None:
        """Decide the entries of one partition. Raises Interrupted, CheckpointMoved, Fenced, Halt."""
        while entries:
            with metrics.STEP.labels(self.name, "decide").time():
                outcome = await self._decide(each, entries[:BATCH])
            self._deaths[each] = outcome.deaths
            self._next[each] = outcome.next
            if outcome.done:
                with metrics.STEP.labels(self.name, "publish").time():
                    await self._publish(each)
                self._count(entries[: outcome.done])
            entries = entries[outcome.done :]
            if outcome.failure is not None:
                await self._failed(each, entries[0], outcome.failure)
            unbind_contextvars("trace_id", "message_id")

    async def _decide(self, each: TopicPartition, entries: Sequence[Entry]) -> Outcome:
        place = Place(each.topic, each.partition, self._member.generation(each.topic), self._next[each], self._owner)
        replies = self._context.generations[self._answers].partitions
        batch = Batch(self._context, self._decider, replies, self._reached, self._deaths_of(each))
        try:
            async with self._connection() as connection:
                outcome = await batch.run(connection, place, entries)
        except PASSING as error:
            # It may have been committed or not: the checkpoint knows.
            self._tries += 1
            self._again.add(each)
            self._context.log.warning("decided nothing, or do not know", error=repr(error), attempt=self._tries)
            if self._tries > 1 and await self._member.pause(backoff_seconds(self._tries, self._policy)):
                raise Interrupted from error
            raise CheckpointMoved from error
        except (Fenced, Halt):
            raise
        except Exception as error:  # noqa: BLE001 - a bug, whatever it is called
            # Not the work on one entry but what is done for all of them: find out whose fault it is.
            if len(entries) > 1:
                return await self._decide(each, entries[:1])
            return Outcome(0, place.next, error, self._deaths_of(each))
        self._tries = 0
        return outcome

    def _deaths_of(self, each: TopicPartition) -> Deaths:
        return self._deaths.setdefault(each, Deaths(self._policy.dead_letter_limit))

    async def _failed(self, each: TopicPartition, entry: Entry, failure: Exception) -> None:
        """Wait before the entry is tried again, or give it up."""
        if isinstance(failure, Halt):
            raise failure
        metrics.RECORDS.labels(self.name, each.topic, "retried").inc()
        offset, tries = self._attempts.get(each, (entry.record.offset, 0))
        tries = tries + 1 if offset == entry.record.offset else 1
        self._attempts[each] = (entry.record.offset, tries)
        wait = backoff_seconds(tries, self._policy)
        if isinstance(failure, Retry):
            self._context.log.info("not now", reason=failure.detail, attempt=tries)
            wait = wait if failure.after is None else failure.after
        else:
            self._context.log.error("attempt failed", attempt=tries, of=self._policy.attempts, exc_info=failure)
            if tries >= self._policy.attempts:
                entry.die(Death.of(failure))
                return
        if await self._member.pause(min(wait, self._policy.backoff_max)):
            raise Interrupted

    async def _publish(self, each: TopicPartition) -> None:
        tries = 0
        while True:
            try:
                async with self._connection() as connection:
                    await self._publish_once(connection, each)
                    await self._reached("marked")
                    await self._purge(connection)
            except (Retry, *PASSING) as error:
                tries += 1
                self._context.log.warning("decided and not published yet", error=repr(error), attempt=tries)
                self._context.health.ill(self.name, f"waits: decided and not published yet: {error!r}")
                if await self._member.pause(backoff_seconds(tries, self._policy)):
                    raise Interrupted from error
            else:
                if tries:
                    self._context.health.well(self.name)
                return

    async def _publish_once(self, connection: asyncpg.Connection, each: TopicPartition) -> None:
        await decide_outbox.publish(
            connection,
            self._context.publisher,
            each.topic,
            each.partition,
            answers=self._answers,
            reached=self._reached,
        )

    async def _purge(self, connection: asyncpg.Connection) -> None:
        if time.monotonic() - self._purged_at >= PURGE_SECONDS:
            self._purged_at = time.monotonic()
            await purge(connection, self._context.manifest)

    def _count(self, entries: Sequence[Entry]) -> None:
        now = time.time()
        for entry in entries:
            topic = entry.record.topic
            if entry.death is not None:
                metrics.RECORDS.labels(self.name, topic, "rejected" if entry.death.rejected else "failed").inc()
                metrics.RECORDS.labels(self.name, topic, "dead").inc()
            elif entry.message is not None:
                metrics.RECORDS.labels(self.name, topic, "handled").inc()
                born = datetime.fromisoformat(entry.message.envelope.time).timestamp()
                metrics.RECORD_AGE.labels(self.name, topic).observe(max(0.0, now - born))


def _urgency(failure: BaseException) -> int:
    """Which of several failures is told: what stops the consumer before what has its records read again."""
    order = (asyncio.CancelledError, Halt, Fenced, Interrupted, CheckpointMoved)
    return next((place for place, kind in enumerate(order) if isinstance(failure, kind)), -1)


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return


async def _close(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()
