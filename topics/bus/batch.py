"""The `batch` engine: hot paths and bulk writes, many records at a time."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from topics.bus.context import ConsumerContext
from topics.bus.dead_letters import bury, bury_all, dead_letter
from topics.bus.failure import Death, Deaths, attempt
from topics.bus.member import Member, Records
from topics.bus.message import Message
from topics.bus.places import Checkpoints
from topics.bus.records import Junk, Record, decode
from topics.bus.retry import Recalled, decode_recalled, reading_of, recall, retry_letter
from topics.errors import Misconfigured, PartlyFailed, Postpone, Reject
from topics.runtime import metrics
from topics.runtime.beside import Beside
from topics.runtime.service import Service

INFORM_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Batch(Sequence[Message]):
    """Messages in the order of their partitions, and where reading stands after them.

    `next` holds, by (topic, partition), the offset after the last record of this batch, dead letters included: a
    store writes it as its checkpoint in the transaction of the effect. `messages` is empty when only that moves.
    `polled_ns`: when the records came from the broker, on the monotonic clock.
    """

    messages: tuple[Message, ...]
    next: Mapping[tuple[str, int], int]
    polled_ns: int = 0

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Message, ...]: ...

    def __getitem__(self, index: int | slice) -> Message | tuple[Message, ...]:
        return self.messages[index]

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)


OnBatch = Callable[[Batch], Awaitable[None]]


@dataclass(slots=True)
class _Entry:
    record: Record | Recalled
    message: Message | None
    death: Death | None
    generation: str
    postponed: Sequence[Postpone] = ()
    buried: bool = False


def batch(
    context: ConsumerContext,
    on_batch: OnBatch,
    *,
    checkpoints: Checkpoints | None = None,
    max_records: int = 2000,
    linger_seconds: float = 0.0,
    commit_seconds: float | None = None,
) -> Service:
    """A service that gives what a consumer reads to `on_batch`, in batches.

    A batch that raises Reject, Postpone, or anything that is a bug, is split until the guilty record is alone: that one
    becomes a dead letter or waits, the others are done; PartlyFailed says who is guilty, and nothing is split. So `on_batch` may see a message again, alone or with fewer neighbours, and must
    be idempotent. What it postpones goes to the retry topic, where the manifest has one, and comes back from there in
    batches of its own, beside those of what is new: so it may run twice at a time. With `checkpoints` the store is the truth: reading starts there, and `on_batch` also gets batches
    without messages, which only move the checkpoint past dead letters.

    Args:
        context: whose engine this is.
        on_batch: the effect; returns when it is durable.
        checkpoints: where the store says it stands.
        max_records: most records of one batch.
        linger_seconds: pause after a batch that was not full, to let the next one grow.
        commit_seconds: least time between group commits. By default every batch is committed, except where the store
            is the truth and the commit only tells the lag.
    """
    if checkpoints is not None and context.manifest.retries is not None:
        raise Misconfigured(
            f"{context.manifest.name}: a store that keeps checkpoints keeps an order: no on_failure.retry"
        )
    commit = commit_seconds if commit_seconds is not None else 0.0 if checkpoints is None else INFORM_SECONDS
    member = Member(
        context,
        checkpoints=checkpoints,
        max_records=max_records,
        linger_seconds=linger_seconds,
        commit_seconds=commit,
    )
    batches = _Batches(context, member, on_batch, store_is_truth=checkpoints is not None)
    if context.manifest.retries is None:
        return batches
    return Beside(batches, retry_loop(context, on_batch, max_records=max_records))


def retry_loop(context: ConsumerContext, on_batch: OnBatch, *, max_records: int) -> Service:
    """A service that gives what was postponed to `on_batch` when it is due; it waits for nobody and nobody for it."""
    member = Member(context, reading=reading_of(context.manifest), max_records=max_records)
    return _Batches(context, member, on_batch, store_is_truth=False, recalls=True)


class _Batches:
    def __init__(
        self,
        context: ConsumerContext,
        member: Member,
        on_batch: OnBatch,
        *,
        store_is_truth: bool,
        recalls: bool = False,
    ) -> None:
        self.name = context.manifest.name
        self._context = context
        self._policy = context.manifest.on_failure
        self._member = member
        self._on_batch = on_batch
        self._store_is_truth = store_is_truth
        self._recalls = recalls
        self._deaths = Deaths(self._policy.dead_letter_limit)
        self._waits = False
        self._polled_ns = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        await self._member.run(stopping, self._on_records)

    async def _on_records(self, records: Records) -> None:
        self._polled_ns = time.monotonic_ns()
        with metrics.STEP.labels(self.name, "decode").time():
            entries = [self._read(record) for new in records.values() for record in new]
        if self._store_is_truth:
            await self._bury_junk(entries)
        # Counted on a copy: a batch that is given up is counted when it is done.
        deaths = self._deaths.copy()
        with metrics.STEP.labels(self.name, "handle").time():
            await self._settle(entries, deaths)
        for each in entries:
            await self._bury(each)
        await self._postpone(entries)
        self._deaths = deaths
        self._count(entries)
        if self._waits:
            self._waits = False
            self._context.health.well(self.name)

    def _read(self, record: Record) -> _Entry:
        generation, found = self._member.generation(record.topic), record
        try:
            if self._recalls:
                recalled = recall(record)
                generation, found = recalled.generation, recalled
                return _Entry(found, decode_recalled(recalled), None, generation)
            return _Entry(found, decode(found, generation), None, generation)
        except Junk as junk:
            return _Entry(found, None, Death.of(junk), generation)

    async def _settle(self, entries: Sequence[_Entry], deaths: Deaths) -> None:
        """Do the entries, in halves where they fail together; count each as handled or dead, in order."""
        good = tuple(each.message for each in entries if each.message is not None)
        failure = await self._try(good, entries) if good or self._store_is_truth else None
        if isinstance(failure, Death | Postpone) and len(entries) > 1:
            half = len(entries) // 2
            await self._settle(entries[:half], deaths)
            await self._settle(entries[half:], deaths)
            return
        _judge(entries, failure)
        for each in entries:
            if each.postponed:
                continue
            if each.death is None:
                deaths.handled()
                continue
            deaths.died(each.death)
            if self._store_is_truth and each.message is not None:
                await self._bury(each)
                await self._pass(each)

    async def _try(
        self, good: tuple[Message, ...], entries: Sequence[_Entry]
    ) -> Death | Postpone | PartlyFailed | None:
        work = Batch(good, _next(entries), self._polled_ns)
        try:
            return await attempt(
                lambda: self._on_batch(work),
                self._policy,
                self._member.pause,
                attempts=None if len(entries) == 1 else 1,
                retried=lambda reason: self._retried(entries, reason),
            )
        except (Postpone, PartlyFailed) as error:
            return error

    async def _bury_junk(self, entries: Sequence[_Entry]) -> None:
        """Bury what cannot be read before the store's checkpoint moves past it; halt first when it is too much."""
        expected = self._deaths.copy()
        for each in entries:
            if each.death is None:
                expected.handled()
            else:
                expected.died(each.death)
        for each in entries:
            await self._bury(each)

    async def _bury(self, each: _Entry) -> None:
        if each.death is None or each.buried:
            return
        await self._bury_as(each, each.death, each.message.note if each.message is not None else None)
        each.buried = True

    async def _bury_as(self, each: _Entry, death: Death, note: str | None) -> None:
        record, at_ms = each.record, int(time.time() * 1000)
        letter = dead_letter(self._context.manifest, record, death, generation=each.generation, at_ms=at_ms, note=note)
        await bury(self._context.publisher, letter, self._member.pause)
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._context.log.error("dead letter", **where, code=death.code, reason=death.detail)

    async def _postpone(self, entries: Sequence[_Entry]) -> None:
        """Put what was postponed on the retry topic, or among the dead letters when its attempts are used up.

        Those are no sign of a bad deploy, as they had their time: they do not count towards the dead-letter limit.
        """
        now_ms, letters = int(time.time() * 1000), []
        for each in entries:
            for one in each.postponed:
                letter = retry_letter(
                    self._context.manifest,
                    each.record,
                    one,
                    generation=each.generation,
                    at_ms=now_ms,
                    jitter=random.uniform(0.5, 1.0),
                )
                topic = each.record.topic
                if isinstance(letter, Death):
                    await self._bury_as(each, letter, one.note)
                    metrics.RECORDS.labels(self.name, topic, "given_up").inc()
                    metrics.RECORDS.labels(self.name, topic, "dead").inc()
                else:
                    letters.append(letter)
                    metrics.RECORDS.labels(self.name, topic, "postponed").inc()
        await bury_all(self._context.publisher, letters, self._member.pause)

    async def _pass(self, each: _Entry) -> None:
        """Move the store's checkpoint past a message whose own attempt failed."""
        work = Batch((), _next([each]))
        death = await attempt(lambda: self._on_batch(work), self._policy, self._member.pause)
        if death is not None:
            raise RuntimeError(f"the checkpoint cannot be moved past a dead letter: {death.detail}")

    def _retried(self, entries: Sequence[_Entry], reason: str) -> None:
        for each in entries:
            metrics.RECORDS.labels(self.name, each.record.topic, "retried").inc()
        # What waits on its retry topic keeps nobody from working on what is new.
        if not self._recalls:
            self._context.health.ill(self.name, f"waits: {reason}")
            self._waits = True

    def _count(self, entries: Sequence[_Entry]) -> None:
        now = time.time()
        for each in entries:
            topic = each.record.topic
            if each.death is not None:
                metrics.RECORDS.labels(self.name, topic, "rejected" if each.death.rejected else "failed").inc()
                metrics.RECORDS.labels(self.name, topic, "dead").inc()
            elif each.message is not None and not each.postponed:
                metrics.RECORDS.labels(self.name, topic, "handled").inc()
                born = datetime.fromisoformat(each.message.envelope.time).timestamp()
                metrics.RECORD_AGE.labels(self.name, topic).observe(max(0.0, now - born))


def _judge(entries: Sequence[_Entry], failure: Death | Postpone | PartlyFailed | None) -> None:
    """Note what became of each message; the indexes of a part count those that could be read."""
    good = [each for each in entries if each.message is not None]
    match failure:
        case Death():
            for each in entries:
                each.death = each.death or failure
        case Postpone():
            for each in good:
                each.postponed = (failure,)
        case PartlyFailed():
            for number, fate in failure.failures.items():
                if isinstance(fate, Reject):
                    good[number].death = Death.of(fate)
                else:
                    good[number].postponed = (fate,) if isinstance(fate, Postpone) else tuple(fate)


def _next(entries: Sequence[_Entry]) -> Mapping[tuple[str, int], int]:
    return {(each.record.topic, each.record.partition): each.record.offset + 1 for each in entries}
