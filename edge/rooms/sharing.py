"""One answer for everybody who asks the same at the same time: an answer of a moment ago, or only one asked for since."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Sized
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer", bound=Sized)
Fresh = TypeVar("Fresh")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Answer]):
    answer: Answer
    until: float


class Sharing(Generic[Answer]):
    """Questions under work, and answers kept for a moment.

    Args:
        kept_seconds: how long an answer is given again.
        kept_size: how much all kept answers may measure.
    """

    def __init__(self, *, kept_seconds: float, kept_size: int) -> None:
        self._kept_seconds = kept_seconds
        self._kept_size = kept_size
        self._size = 0
        self._asked: dict[Hashable, asyncio.Task[Answer]] = {}
        self._kept: OrderedDict[Hashable, _Kept[Answer]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        """The answer to `key`, asked for by `ask` unless somebody does already."""
        self._forget_old()
        kept = self._kept.get(key)
        if kept is not None:
            return kept.answer
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.create_task(ask(), name="shared")
            task.add_done_callback(lambda done: self._keep(key, done))
        # One who goes away must not take the answer from the others.
        return await asyncio.shield(task)

    def _keep(self, key: Hashable, done: "asyncio.Task[Answer]") -> None:
        del self._asked[key]
        if done.cancelled() or done.exception() is not None:
            return
        answer = done.result()
        if len(answer) <= self._kept_size:
            self._kept[key] = _Kept(answer, asyncio.get_running_loop().time() + self._kept_seconds)
            self._size += len(answer)
        self._forget_old()

    def _forget_old(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._kept:
            key, first = next(iter(self._kept.items()))
            if first.until > now and self._size <= self._kept_size:
                return
            del self._kept[key]
            self._size -= len(first.answer)


class Rounds(Generic[Fresh]):
    """One question at a time for each key; whoever comes while it is under way waits for the next.

    So an answer is never older than the call that gets it, and a thousand calls at once are two questions at most.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Fresh]] = {}
        self._next: dict[Hashable, asyncio.Task[Fresh]] = {}

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Fresh]]) -> Fresh:
        """The answer to `key`, asked for by some `ask` after this call."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._ask(key, ask), name="round")
        return await asyncio.shield(task)

    async def _ask(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Fresh]]) -> Fresh:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        this = self._running[key] = self._next.pop(key)
        try:
            return await ask()
        finally:
            if self._running.get(key) is this:
                del self._running[key]
