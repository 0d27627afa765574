"""The `window` engine: what a consumer reads, gathered into windows of event time by quixstreams, written exactly once.

quixstreams polls, splits records, puts what they say into tumbling windows and says when a checkpoint is due; it runs in
a thread of its own (`window_stream.py`). Deciding what is done and what is dead is the same as in the `batch` engine,
and happens here, on the loop.

Why its own state is not the truth: windows kept in its changelog and effects kept in a store are two commits, and a
crash between them, or a store that is restored to an earlier hour, leaves them telling different stories; a window
closed there drops what comes late; and a person cannot be forgotten inside it. So its windows hold what came since the
last checkpoint alone (`Window` is a contribution, not a total), and the store adds contributions and moves its own
checkpoint in one transaction.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.context import ConsumerContext
from topics.bus.dead_letters import bury, dead_letter
from topics.bus.failure import Death, Deaths, Interrupted, attempt
from topics.bus.generations import remade
from topics.bus.lag import Lag
from topics.bus.message import Message
from topics.bus.places import Checkpoints, starts
from topics.bus.records import Junk, decode
from topics.bus.window_stream import Place, Raw, Shape, Timed, Window, stream, topic_is_gone
from topics.errors import CheckpointMoved, DoskaError, Halt, Unavailable
from topics.runtime import metrics
from topics.runtime.lifespan import end
from topics.runtime.service import Service

MAX_RECORDS = 2000
# Longer than this a store that is away is waited for outside of the poll: the group must not take us for dead.
IN_PLACE_SECONDS = 5.0
PAUSE_SECONDS = 0.5
GONE_SECONDS = 0.5

Split = Callable[[Message], Sequence[Timed]]


@dataclass(frozen=True, slots=True)
class Windows:
    """What a checkpoint brings: contributions to windows, and where reading stands after them, by topic and partition."""

    windows: tuple[Window, ...]
    next: Mapping[Place, int]


OnWindows = Callable[[Windows], Awaitable[None]]


class _Apart(Exception):
    """A checkpoint of several records failed: each of them is to be one of its own, to find the guilty one."""


class _Later(Exception):
    """The store is away for longer: read the same again after a while."""


@dataclass(slots=True)
class _Read:
    """A record since the last checkpoint."""

    record: Raw
    message: Message | None
    death: Death | None


@dataclass(slots=True)
class _Period:
    """What was read since the last checkpoint; filled in the stream's thread, settled on the loop while that waits."""

    read: list[_Read] = field(default_factory=list)

    @property
    def next(self) -> dict[Place, int]:
        return {(each.record.topic, each.record.partition): each.record.offset + 1 for each in self.read}


def window(
    context: ConsumerContext,
    split: Split,
    shape: Shape,
    on_windows: OnWindows,
    *,
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 0.5,
) -> Service:
    """A service that gives what a consumer reads to `on_windows`, gathered by key and window.

    A checkpoint that raises Reject, or anything that is a bug, is read again record by record: the guilty one becomes a
    dead letter. So `on_windows` may see a record's contribution again unless it moved the checkpoint with the effect.

    Args:
        context: whose engine this is.
        split: what a message says and when; pure, its values are JSON. Reject makes the record a dead letter.
        shape: how long a window is, how late is late, and how two values become one.
        on_windows: the effect; returns when it is durable.
        checkpoints: where the store says it stands: with them the effect is exactly once.
        checkpoint_seconds: least time between two checkpoints.
    """
    return _Windowing(context, split, shape, on_windows, checkpoints=checkpoints, checkpoint_seconds=checkpoint_seconds)


class _Windowing:
    """The service, and what the stream asks of it (`window_stream.Asked`)."""

    def __init__(
        self,
        context: ConsumerContext,
        split: Split,
        shape: Shape,
        on_windows: OnWindows,
        *,
        checkpoints: Checkpoints | None,
        checkpoint_seconds: float,
    ) -> None:
        self.name = context.manifest.name
        self._context = context
        self._policy = context.manifest.on_failure
        self._split = split
        self._shape = shape
        self._on_windows = on_windows
        self._checkpoints = checkpoints
        self._checkpoint_seconds = checkpoint_seconds
        self._deaths = Deaths(self._policy.dead_letter_limit)
        self._lag = Lag(self.name)
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._period = _Period()
        self._next: Mapping[TopicPartition, int] = {}
        self._reached: set[TopicPartition] = set()
        self._unsettled: dict[Place, int] = {}
        self._waits = 0
        self._loop: asyncio.AbstractEventLoop
        self._client: Any = None
        self._alive: Any = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        for topic in self._context.manifest.reads:
            if topic not in self._context.generations:
                raise Unavailable(f"{topic} has no generation: run `doska topics apply`")
        self._loop = asyncio.get_running_loop()
        stop = asyncio.create_task(stopping.wait(), name=f"{self.name}: stop")
        stop.add_done_callback(lambda _: self._over.set())
        try:
            async with reader(self._context.settings, f"{self.name}-places") as self._client:
                tasks = [
                    asyncio.create_task(self._lag.watch(self._client, lambda: self._next), name=f"{self.name}: lag"),
                    asyncio.create_task(self._watch_generations(), name=f"{self.name}: generations"),
                ]
                try:
                    while not self._over.is_set():
                        try:
                            await self._live()
                        except Exception as error:
                            # A stream cannot even be made while its topic is being made anew.
                            if not topic_is_gone(error):
                                raise
                            self._context.health.ill(self.name, f"a topic is not there: {error!r}")
                            await self._pause(GONE_SECONDS)
                finally:
                    await end(*tasks)
        finally:
            stop.cancel()
            self._lag.forget(self._next)
        if self._failure is not None:
            raise self._failure

    async def _live(self) -> None:
        """One life of the stream: until we stop, or until it has to begin anew from the checkpoints."""
        with tempfile.TemporaryDirectory(prefix=f"doska-{self.name}-") as scratch:
            alive = self._alive = stream(
                self._context.settings,
                self._context.manifest,
                self._shape,
                self,
                scratch=Path(scratch),
                checkpoint_seconds=self._checkpoint_seconds,
                checkpoint_records=1 if self._unsettled else MAX_RECORDS,
            )
            thread = asyncio.create_task(asyncio.to_thread(alive.run), name=f"{self.name}: stream")
            over = asyncio.create_task(self._over.wait(), name=f"{self.name}: over")
            try:
                await asyncio.wait({thread, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                alive.stop()
                over.cancel()
                while not thread.done():
                    await asyncio.wait({thread})
        self._period = _Period()
        error = _reason(thread.exception())
        if error is None or isinstance(error, Interrupted):
            return
        if isinstance(error, _Apart | CheckpointMoved):
            self._context.log.info("checkpoint given up; its records are read again", reason=type(error).__name__)
            return
        if topic_is_gone(error):
            self._context.health.ill(self.name, f"a topic is not there: {error!r}")
            await self._pause(GONE_SECONDS)
            return
        raise error

    # Asked by the stream, in its thread; it waits for the answer.

    def place(self, partitions: Sequence[Place]) -> Mapping[Place, int]:
        """Where to begin in partitions that are ours from now on."""
        return asyncio.run_coroutine_threadsafe(self._place(partitions), self._loop).result()

    def read(self, record: Raw) -> Sequence[Timed]:
        """What a record says: nothing, where it is contained already or cannot be read."""
        place = TopicPartition(record.topic, record.partition)
        if record.offset < self._next[place]:
            if place in self._reached:
                raise Halt(
                    f"{record.topic}/{record.partition} went back from offset {self._next[place]} to {record.offset}: "
                    "the broker lost acknowledged records, or the topic was made anew"
                )
            return ()
        self._reached.add(place)
        try:
            message = decode(record, self._context.generations[record.topic].generation)
            said = self._split(message)
        except Junk as junk:
            self._period.read.append(_Read(record, None, Death.of(junk)))
            return ()
        except Exception as error:  # noqa: BLE001 - a bug of the handler makes a dead letter, as in every engine
            self._period.read.append(_Read(record, None, Death.of(error)))
            return ()
        self._period.read.append(_Read(record, message, None))
        return said

    def checkpoint(self, windows: Sequence[Window]) -> float | None:
        """Make what was read durable; the seconds after which to read it again when the store is away."""
        period, self._period = self._period, _Period()
        if not period.read:
            return None
        settling = self._settle(period, windows)
        try:
            asyncio.run_coroutine_threadsafe(settling, self._loop).result()
        except _Later:
            self._waits += 1
            return min(PAUSE_SECONDS * 2.0**self._waits, self._policy.backoff_max)
        self._waits = 0
        if self._unsettled and not self._still_apart(period):
            self._alive.stop()  # the last of those that failed together is done: back to large checkpoints
        return None

    # On the loop.

    async def _place(self, partitions: Sequence[Place]) -> Mapping[Place, int]:
        asked = [TopicPartition(*each) for each in partitions]
        found = await starts(
            self._context,
            self._client,
            asked,
            group=self.name,
            checkpoints=self._checkpoints,
            known={each: at for each, at in self._next.items() if each in asked},
            pause=self._pause,
        )
        self._lag.forget(set(self._next) - set(asked))
        self._next = dict(found)
        self._reached = set()
        for each in found:
            self._lag.begin(each)
        if found or not asked:
            self._context.health.well(self.name)
        elif self._over.is_set():
            raise Interrupted
        return {(each.topic, each.partition): at for each, at in found.items()}

    async def _settle(self, period: _Period, windows: Sequence[Window]) -> None:
        """Do a checkpoint. Raises Halt, CheckpointMoved, _Apart and _Later with nothing done but dead letters."""
        deaths = self._deaths.copy()
        for each in period.read:
            if each.death is None:
                deaths.handled()
            else:
                deaths.died(each.death)
        for each in period.read:
            await self._bury(each)
        single = len(period.read) == 1
        with metrics.STEP.labels(self.name, "handle").time():
            death = await self._write(Windows(tuple(windows), period.next), attempts=None if single else 1)
        if death is not None:
            if not single:
                self._unsettled = {place: following - 1 for place, following in period.next.items()}
                raise _Apart
            (guilty,) = period.read
            guilty.death = death
            deaths = self._deaths.copy()
            deaths.died(death)
            await self._bury(guilty)
            passed = await self._write(Windows((), period.next), attempts=None)
            if passed is not None:
                raise RuntimeError(f"the checkpoint cannot be moved past a dead letter: {passed.detail}")
        self._deaths = deaths
        self._done(period)

    async def _write(self, windows: Windows, attempts: int | None) -> Death | None:
        deadline = self._loop.time() + IN_PLACE_SECONDS

        async def pause(seconds: float) -> bool:
            left = deadline - self._loop.time()
            return await self._pause(min(seconds, max(left, 0.0))) or seconds > left

        try:
            return await attempt(
                lambda: self._on_windows(windows), self._policy, pause, attempts=attempts, retried=self._retried
            )
        except Interrupted:
            raise _Later from None

    async def _bury(self, each: _Read) -> None:
        if each.death is None:
            return
        record = each.record
        generation, at_ms = self._context.generations[record.topic].generation, int(time.time() * 1000)
        letter = dead_letter(self._context.manifest, record, each.death, generation=generation, at_ms=at_ms)
        await bury(self._context.publisher, letter, self._pause)
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._context.log.error("dead letter", **where, code=each.death.code, reason=each.death.detail)

    def _done(self, period: _Period) -> None:
        following = {TopicPartition(*place): at for place, at in period.next.items()}
        self._next = {**self._next, **following}
        now = time.time()
        for each in period.read:
            record = each.record
            self._lag.done(TopicPartition(record.topic, record.partition), record.timestamp)
            if each.death is not None:
                outcome = "rejected" if each.death.rejected else "failed"
                metrics.RECORDS.labels(self.name, record.topic, outcome).inc()
                metrics.RECORDS.labels(self.name, record.topic, "dead").inc()
            elif each.message is not None:
                metrics.RECORDS.labels(self.name, record.topic, "handled").inc()
                born = datetime.fromisoformat(each.message.envelope.time).timestamp()
                metrics.RECORD_AGE.labels(self.name, record.topic).observe(max(0.0, now - born))

    def _still_apart(self, period: _Period) -> bool:
        """Whether some of the records that failed together are still to come."""
        for place, following in period.next.items():
            if following > self._unsettled.get(place, following):
                self._unsettled.pop(place, None)
        return bool(self._unsettled)

    def _retried(self, _reason: str) -> None:
        for topic in self._context.manifest.reads:
            metrics.RECORDS.labels(self.name, topic, "retried").inc()

    async def _watch_generations(self) -> None:
        topic = await remade(self._context.settings, self._context.generations, self._context.manifest.reads)
        self._failure = Halt(f"{topic} was made anew while it was read: its offsets mean other records now")
        self._over.set()

    async def _pause(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return False
        return True


def _reason(error: BaseException | None) -> BaseException | None:
    """What we raised ourselves: an error of an assignment comes wrapped in one of quixstreams' own."""
    cause = error
    while cause is not None:
        if isinstance(cause, DoskaError | Interrupted | _Apart):
            return cause
        cause = cause.__cause__
    return error
