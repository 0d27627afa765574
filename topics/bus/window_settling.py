"""Checkpoints of the `window` engine: what was read is written once, or it is found out which record is guilty."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from topics.bus.context import ConsumerContext
from topics.bus.dead_letters import bury, dead_letter
from topics.bus.failure import Death, Deaths, Interrupted, attempt
from topics.bus.message import Message
from topics.bus.places import Pause
from topics.bus.records import Raw
from topics.bus.window_stream import Place, Window
from topics.runtime import metrics

# Longer than this a store that is away is waited for outside of the poll: the group must not take us for dead.
IN_PLACE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Windows:
    """What a checkpoint brings: contributions to windows, and where reading stands after them, by topic and partition."""

    windows: tuple[Window, ...]
    next: Mapping[Place, int]


OnWindows = Callable[[Windows], Awaitable[None]]


class Apart(Exception):
    """A checkpoint of several records failed: each of them is to be one of its own, to find the guilty one."""


class Later(Exception):
    """The store is away for longer: read the same again after a while."""


@dataclass(slots=True)
class Read:
    """A record since the last checkpoint."""

    record: Raw
    message: Message | None
    death: Death | None


@dataclass(slots=True)
class Period:
    """What was read since the last checkpoint; filled in the stream's thread, settled on the loop while that waits."""

    read: list[Read] = field(default_factory=list)

    @property
    def next(self) -> dict[Place, int]:
        """Where reading stands after it."""
        return {(each.record.topic, each.record.partition): each.record.offset + 1 for each in self.read}


class Settling:
    """Settles periods one after the other, on the loop.

    Args:
        context: whose engine this is.
        on_windows: the effect.
        pause: waits so many seconds; True when it was ended early.

    Attributes:
        unsettled: by topic and partition, the last offset of those that failed together and are to come one by one.
    """

    def __init__(self, context: ConsumerContext, on_windows: OnWindows, pause: Pause) -> None:
        self.name = context.manifest.name
        self.unsettled: dict[Place, int] = {}
        self._context = context
        self._policy = context.manifest.on_failure
        self._on_windows = on_windows
        self._pause = pause
        self._deaths = Deaths(self._policy.dead_letter_limit)

    async def settle(self, period: Period, windows: Sequence[Window]) -> None:
        """Do a checkpoint. Raises Halt, CheckpointMoved, Apart and Later with nothing done but dead letters."""
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
                self.unsettled = {place: following - 1 for place, following in period.next.items()}
                raise Apart
            (guilty,) = period.read
            guilty.death = death
            deaths = self._deaths.copy()
            deaths.died(death)
            await self._bury(guilty)
            passed = await self._write(Windows((), period.next), attempts=None)
            if passed is not None:
                raise RuntimeError(f"the checkpoint cannot be moved past a dead letter: {passed.detail}")
        self._deaths = deaths

    async def _write(self, windows: Windows, attempts: int | None) -> Death | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + IN_PLACE_SECONDS

        async def pause(seconds: float) -> bool:
            left = deadline - loop.time()
            return await self._pause(min(seconds, max(left, 0.0))) or seconds > left

        try:
            return await attempt(
                lambda: self._on_windows(windows), self._policy, pause, attempts=attempts, retried=self._retried
            )
        except Interrupted:
            raise Later from None

    async def _bury(self, each: Read) -> None:
        if each.death is None:
            return
        record = each.record
        generation, at_ms = self._context.generations[record.topic].generation, int(time.time() * 1000)
        letter = dead_letter(self._context.manifest, record, each.death, generation=generation, at_ms=at_ms)
        await bury(self._context.publisher, letter, self._pause)
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        self._context.log.error("dead letter", **where, code=each.death.code, reason=each.death.detail)

    def still_apart(self, period: Period) -> bool:
        """Whether some of the records that failed together are still to come."""
        for place, following in period.next.items():
            if following > self.unsettled.get(place, following):
                self.unsettled.pop(place, None)
        return bool(self.unsettled)

    def _retried(self, _reason: str) -> None:
        for topic in self._context.manifest.reads:
            metrics.RECORDS.labels(self.name, topic, "retried").inc()
