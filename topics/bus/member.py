"""Membership in a consumer group: which partitions are ours, from where we read them, and giving them back in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from topics.bus.clients import READ_MS, group_options, kafka_options, seen_through
from topics.bus.context import ConsumerContext
from topics.bus.failure import Interrupted
from topics.bus.generations import remade
from topics.bus.lag import Lag
from topics.bus.places import Checkpoints, starts
from topics.bus.retry import Reading
from topics.errors import CheckpointMoved, Halt, Unavailable
from topics.runtime import metrics
from topics.runtime.lifespan import end, unless_stopped

Records = Mapping[TopicPartition, list[ConsumerRecord]]
OnRecords = Callable[[Records], Awaitable[None]]
POLL_MS = 200  # how long SIGTERM may wait for an idle poll
FETCH_WAIT_MS = 500
ALONE_SECONDS = 5.0
FETCH_GRACE_SECONDS = 1.0
FETCH_BYTES = 4 * 1024**2
# What nobody waits for is fetched when it has gathered: an answer of the broker costs it as much for one record as for a hundred.
GATHERED_BYTES = 256 * 1024
AGAIN_SECONDS = 0.2
COMMIT_SECONDS = 5.0
NOWHERE = TopicPartition("", 0)


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """A static member of a consumer's group that polls, gives records to `on_records` and commits after it.

    `on_records` runs under a lock that the rebalance takes too, so a partition is never given away in the middle of
    a batch. It raises Interrupted or CheckpointMoved to have the same records read again, and Halt to stop; none of
    these moves an offset.

    Args:
        context: whose member this is.
        reading: what it reads in which group, and when a record may be given out; by default what the manifest reads.
        checkpoints: where the consumer's store says it stands, when that and not the group's commit is the truth.
        max_records: most records of one batch.
        linger_seconds: pause after a batch that was not full, to let the next one grow.
        commit_seconds: least time between group commits; 0 commits after every batch.
    """

    def __init__(
        self,
        context: ConsumerContext,
        *,
        reading: Reading | None = None,
        checkpoints: Checkpoints | None = None,
        max_records: int | None = None,
        linger_seconds: float = 0.0,
        commit_seconds: float = 0.0,
    ) -> None:
        self._context = context
        self._reading = reading or Reading(context.group or context.manifest.name, context.manifest.reads)
        self._name = self._reading.group
        self._checkpoints = checkpoints
        self._max_records = max_records
        self._linger_seconds = linger_seconds
        self._commit_seconds = commit_seconds
        self._consumer: Any = None
        self._lock = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._disturbed = asyncio.Event()
        self._fetching = False
        self._unplaced: set[TopicPartition] = set()
        self._placed: set[TopicPartition] = set()
        self._next: dict[TopicPartition, int] = {}
        self._done: dict[TopicPartition, int] = {}
        self._due: dict[TopicPartition, float] = {}
        self._committed_at = 0.0
        self.lag = Lag(context.manifest.name)

    async def run(self, stopping: asyncio.Event, on_records: OnRecords) -> None:
        """Poll until `stopping` is set. Raises Halt, KafkaError, and what `on_records` raises."""
        for topic in self._reading.topics:
            if topic not in self._context.generations:
                raise Unavailable(f"{topic} has no generation: run `doska topics apply`")
        self._stopping = stopping
        self._consumer = AIOKafkaConsumer(
            **kafka_options(self._context.settings),
            **group_options(self._name, self._context.settings.replica),
            client_id=f"{self._name}-{self._context.settings.replica}",
            enable_auto_commit=False,
            request_timeout_ms=READ_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=GATHERED_BYTES if self._context.manifest.background else 1,
            max_partition_fetch_bytes=FETCH_BYTES,
            max_poll_records=self._max_records,
        )
        try:
            self._consumer.subscribe(list(self._reading.topics), listener=self)
            # A group without a broker keeps a new member waiting for ever.
            if await unless_stopped(seen_through(self._consumer.start()), stopping):
                self._wait_for_all()
                await self._supervise(asyncio.create_task(self._poll(on_records), name=f"{self._name}: poll"))
        finally:
            await self._commit(now=True)
            await self._consumer.stop()
            self.lag.forget(self._placed)

    def _wait_for_all(self) -> None:
        """Keep the client from asking for quiet partitions alone while we are at work on the busy ones.

        After 100 ms of work it would, and the broker holds such a question for FETCH_WAIT_MS; new records of the busy
        ones, of the same broker, are asked for only after that. So one slow batch would make every next one slow.
        Where records rest until they are due, nothing may wait for them.
        """
        if self._reading.due is None:
            self._consumer._fetcher._prefetch_backoff = ALONE_SECONDS  # noqa: SLF001 - aiokafka has no option for it, and its minor version is pinned

    async def pause(self, seconds: float) -> bool:
        """Wait inside `on_records`; True when it must give up because the consumer stops or loses its partitions."""
        try:
            async with asyncio.timeout(seconds):
                await self._disturbed.wait()
        except TimeoutError:
            return False
        return True

    def generation(self, topic: str) -> str:
        """The life that the topic was in when this member was made."""
        return self._context.generations[topic].generation

    async def _supervise(self, poll: asyncio.Task[None]) -> None:
        """See the poll through: let it finish its batch when we stop, but not wait for a group without a broker."""
        lag = asyncio.create_task(self.lag.watch(self._consumer, lambda: self._next), name=f"{self._name}: lag")
        stop = asyncio.create_task(self._stopping.wait(), name=f"{self._name}: stop")
        anew = asyncio.create_task(
            remade(self._context.settings, self._context.generations, self._reading.topics),
            name=f"{self._name}: generations",
        )
        silence = f"{self._name}: log"
        self._context.health.watch(silence, self.lag.silence)
        try:
            await asyncio.wait({poll, stop, anew}, return_when=asyncio.FIRST_COMPLETED)
            self._disturbed.set()
            if anew.done():
                self._done.clear()
                raise Halt(f"{anew.result()} was made anew while it was read: its offsets mean other records now")
            await asyncio.wait({poll}, timeout=FETCH_GRACE_SECONDS)
            if self._fetching:
                poll.cancel()
            await asyncio.gather(poll, return_exceptions=self._stopping.is_set() and self._fetching)
        finally:
            self._context.health.forget(silence)
            await end(lag, stop, anew, poll)

    async def _poll(self, on_records: OnRecords) -> None:
        while not self._stopping.is_set():
            if self._unplaced:
                async with self._lock:
                    await self._place()
            now = time.time()
            records = await self._fetch(frozenset(each for each in self._placed if self._due.get(each, 0.0) <= now))
            if records:
                async with self._lock:
                    await self._work(self._ripe(records), on_records)
            await self._commit()
            if records and self._linger_seconds and not self._is_full(records):
                await self.pause(self._linger_seconds)

    def _is_full(self, records: Records) -> bool:
        """Whether a poll brought so much that more is waiting already: nothing is won by waiting for it to grow."""
        count = sum(map(len, records.values()))
        return (
            count == self._max_records
            or sum(len(one.value or b"") for new in records.values() for one in new) >= FETCH_BYTES
        )

    async def _fetch(self, ours: frozenset[TopicPartition]) -> Records:
        self._fetching = True
        try:
            if ours:
                records: Records = await self._consumer.getmany(*ours, timeout_ms=POLL_MS)
                return records
            # Nothing is ours yet; a poll for nothing still tells what is wrong with the group.
            await self._consumer.getmany(NOWHERE, timeout_ms=0)
            await self.pause(POLL_MS / 1000)
            return {}
        finally:
            self._fetching = False

    def _ripe(self, records: Records) -> Records:
        """What is still ours and due; where the first is not, its partition rests until it is."""
        ours = {each: new for each, new in records.items() if each in self._placed}
        due = self._reading.due
        if due is None:
            return ours
        ripe, now = {}, time.time()
        for each, new in ours.items():
            self._due.pop(each, None)
            count = next((number for number, record in enumerate(new) if due(record) > now), len(new))
            if count < len(new):
                self._due[each] = due(new[count])
                self._consumer.seek(each, new[count].offset)
            if count:
                ripe[each] = new[:count]
        return ripe

    async def _work(self, records: Records, on_records: OnRecords) -> None:
        for each, new in records.items():
            if new[0].offset < self._next[each]:
                raise Halt(
                    f"{each.topic}/{each.partition} went back from offset {self._next[each]} to {new[0].offset}: "
                    "the broker lost acknowledged records, or the topic was made anew"
                )
        if not records:
            return
        try:
            await on_records(records)
        except (Interrupted, CheckpointMoved) as why:
            self._context.log.info("batch given up; its records are read again", reason=type(why).__name__)
            self._unplaced |= records.keys()
            self._placed -= records.keys()
            await self.pause(AGAIN_SECONDS)
            return
        for each, new in records.items():
            self._next[each] = self._done[each] = new[-1].offset + 1
            self.lag.done(each, new[-1].timestamp)

    async def _place(self) -> None:
        """Seek each new partition to where this consumer stands in it."""
        places = await starts(
            self._context,
            self._consumer,
            self._unplaced,
            group=self._name,
            checkpoints=self._checkpoints,
            known=self._next,
            pause=self.pause,
        )
        for each, offset in places.items():
            try:
                self._consumer.seek(each, offset)
            except IllegalStateError:
                continue  # taken away meanwhile; the listener waits for our lock to say so
            self._next[each] = offset
            if self._checkpoints is not None:
                # One that was killed between its transaction and this commit would look behind until the next record.
                self._done[each] = offset
            self._placed.add(each)
            self._due.pop(each, None)
            self._unplaced.discard(each)
            self.lag.begin(each)
        if not self._unplaced:
            self._say_well()

    def _say_well(self) -> None:
        """The consumer is ready when its member that reads new records is."""
        if self._name == self._context.manifest.name:
            self._context.health.well(self._name)

    async def _commit(self, *, now: bool = False) -> None:
        """Tell the group where we stand: after the effect, and with the generation beside the offset."""
        if not self._done or (not now and time.monotonic() - self._committed_at < self._commit_seconds):
            return
        done, self._done = self._done, {}
        self._committed_at = time.monotonic()
        places = {each: (offset, self.generation(each.topic)) for each, offset in done.items()}
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit(places)
        except (CommitFailedError, IllegalStateError, KafkaError, TimeoutError) as error:
            # The partitions are another's by now, or will be read again from the last commit: the effect is
            # idempotent, and a store with checkpoints does not need this commit at all.
            metrics.COMMITS_REFUSED.labels(self._context.manifest.name).inc()
            self._context.log.warning("group commit refused", error=repr(error))

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002 - aiokafka revokes all
        """Finish or give up the batch in work, commit, and let go."""
        self._disturbed.set()
        async with self._lock:
            await self._commit(now=True)
            self.lag.forget(self._placed)
            self._placed.clear()
            self._unplaced.clear()
            self._next.clear()
            self._due.clear()
            if not self._stopping.is_set():
                self._disturbed.clear()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Note what is ours now; the poll finds its place in it."""
        async with self._lock:
            self._unplaced = set(assigned)
            if not assigned:
                self._say_well()
