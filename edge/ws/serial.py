"""Jobs of one socket that have to wait for something, one after another and only so many."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Serial:
    """Runs jobs in the order they came; a task exists only while there are any. Jobs must not raise."""

    __slots__ = ("_bound", "_jobs", "_running", "_tasks")

    def __init__(self, tasks: asyncio.TaskGroup, bound: int) -> None:
        self._tasks = tasks
        self._bound = bound
        # Most sockets never have a job that waits: an empty deque has room for 64 of them.
        self._jobs: deque[Job] | None = None
        self._running = False

    @property
    def idle(self) -> bool:
        """Whether nothing runs or waits: what comes now overtakes nobody."""
        return not self._running

    def put(self, job: Job) -> bool:
        """Take a job; False when too many wait already."""
        if self._jobs is None:
            self._jobs = deque()
        if len(self._jobs) >= self._bound:
            return False
        self._jobs.append(job)
        if not self._running:
            self._running = True
            self._tasks.create_task(self._run(self._jobs))
        return True

    async def _run(self, jobs: deque[Job]) -> None:
        try:
            while jobs:
                await jobs.popleft()()
        finally:
            self._running = False
            self._jobs = None
