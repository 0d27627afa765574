"""Keeps several processes at the same work: starts them, starts the dead again, ends them together."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

import structlog

# One that dies at once is not started in a tight loop.
BACKOFF_SECONDS: Final = (0.2, 1.0, 2.0, 5.0)
STEADY_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5
GRACE_SECONDS: Final = 15.0

log = structlog.get_logger(__name__)
Work = Callable[[int], None]


def run_workers(work: Work, count: int, drain_seconds: float) -> None:
    """Run `work(index)` in `count` processes until SIGTERM or SIGINT, then end them; each ends when its parent dies."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    workers = [_Worker(work, index) for index in range(count)]
    try:
        for worker in workers:
            worker.start()
        while not stopping.is_set():
            wait([worker.process.sentinel for worker in workers if worker.process.is_alive()], LOOK_SECONDS)
            for worker in workers:
                if not stopping.is_set():
                    worker.look()
    finally:
        _end(workers, drain_seconds + GRACE_SECONDS)
        for number, handler in before.items():
            signal.signal(number, handler)


class _Worker:
    """One place in the row and the process that fills it now."""

    def __init__(self, work: Work, index: int) -> None:
        self._work = work
        self._index = index
        self._deaths = 0
        self._started = 0.0
        self._again_at: float | None = None
        self.process: SpawnProcess = self._new()

    def start(self) -> None:
        """Start a process here."""
        self._started, self._again_at = time.monotonic(), None
        self.process.start()

    def look(self) -> None:
        """Start another process when this one is dead and its backoff is over."""
        if self.process.is_alive():
            return
        now = time.monotonic()
        if self._again_at is None:
            self._deaths = 1 if now - self._started > STEADY_SECONDS else self._deaths + 1
            pause = BACKOFF_SECONDS[min(self._deaths, len(BACKOFF_SECONDS)) - 1]
            self._again_at = now + pause
            log.warning("a worker died", worker=self._index, exit_code=self.process.exitcode, again_in_seconds=pause)
        if now >= self._again_at:
            self.process = self._new()
            self.start()

    def _new(self) -> SpawnProcess:
        # Not forked: threads and event loops do not survive that.
        context = multiprocessing.get_context("spawn")
        return context.Process(target=_run, args=(self._work, self._index), name=f"edge-{self._index}")


def _run(work: Work, index: int) -> None:
    """What a worker process does: its work, until its parent is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    work(index)


def _follow(sentinel: int) -> None:
    """End with the parent, also with one that was killed."""
    wait([sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _end(workers: list[_Worker], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    alive = [worker.process for worker in workers if worker.process.pid is not None]
    for process in alive:
        process.terminate()
    for process in alive:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
