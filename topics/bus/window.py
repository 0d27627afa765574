"""The `window` engine: what a consumer reads, gathered into windows of event time by quixstreams, written exactly once.

quixstreams polls, splits records, puts what they say into tumbling windows and says when a checkpoint is due; it runs in
a thread of its own (`window_stream.py`). Where to begin and what a record says is answered here; what is done and what is
dead is decided as in the `batch` engine, on the loop (`window_settling.py`).

Why its own state is not the truth: windows kept in its changelog and effects kept in a store are two commits, and a
crash between them, or a store that is restored to an earlier hour, leaves them telling different stories; a window
closed there drops what comes late; and a person cannot be forgotten inside it. So its windows hold what came since the
last checkpoint alone (`Window` is a contribution, not a total), and the store adds contributions and moves its own
checkpoint in one transaction.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aiokafka.structs import TopicPartition

from topics.bus.clients import reader
from topics.bus.context import ConsumerContext
from topics.bus.failure import Death, Interrupted
from topics.bus.generations import remade
from topics.bus.lag import Lag
from topics.bus.message import Message
from topics.bus.places import Checkpoints, starts
from topics.bus.records import Junk, Raw, decode
from topics.bus.window_settling import Apart, Later, OnWindows, Period, Read, Settling
from topics.bus.window_stream import Place, Shape, Timed, Window, stream, topic_is_gone
from topics.errors import CheckpointMoved, DoskaError, Halt, Unavailable
from topics.runtime import metrics
from topics.runtime.lifespan import end
from topics.runtime.service import Service

MAX_RECORDS = 2000
PAUSE_SECONDS = 0.5
GONE_SECONDS = 0.5

Split = Callable[[Message], Sequence[Timed]]


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
        self._checkpoints = checkpoints
        self._checkpoint_seconds = checkpoint_seconds
        self._settling = Settling(context, on_windows, self._pause)
        self._lag = Lag(self.name)
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        self._period = Period()
        self._next: Mapping[TopicPartition, int] = {}
        self._reached: set[TopicPartition] = set()
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
                checkpoint_records=1 if self._settling.unsettled else MAX_RECORDS,
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
        self._period = Period()
        error = _reason(thread.exception())
        if error is None or isinstance(error, Interrupted):
            return
        if isinstance(error, Apart | CheckpointMoved):
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
            self._period.read.append(Read(record, None, Death.of(junk)))
            return ()
        except Exception as error:  # noqa: BLE001 - a bug of the handler makes a dead letter, as in every engine
            self._period.read.append(Read(record, None, Death.of(error)))
            return ()
        self._period.read.append(Read(record, message, None))
        return said

    def checkpoint(self, windows: Sequence[Window]) -> float | None:
        """Make what was read durable; the seconds after which to read it again when the store is away."""
        period, self._period = self._period, Period()
        if not period.read:
            return None
        try:
            asyncio.run_coroutine_threadsafe(self._settle(period, windows), self._loop).result()
        except Later:
            self._waits += 1
            return min(PAUSE_SECONDS * 2.0**self._waits, self._policy.backoff_max)
        self._waits = 0
        if self._settling.unsettled and not self._settling.still_apart(period):
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

    async def _settle(self, period: Period, windows: Sequence[Window]) -> None:
        await self._settling.settle(period, windows)
        self._done(period)

    def _done(self, period: Period) -> None:
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
        if isinstance(cause, DoskaError | Interrupted | Apart):
            return cause
        cause = cause.__cause__
    return error
