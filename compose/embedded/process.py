"""One started program: spawn it tied to us, wait until it serves, stop it, clear away what an earlier start left."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from compose.embedded import records
from compose.embedded.command import last_line, rotate, tied
from compose.embedded.errors import PartFailed
from compose.embedded.part import Launch

POLL_SECONDS = 0.03


class Process:
    """A program that this process started and watches."""

    def __init__(self, name: str, record: Path, log: Path) -> None:
        self.name = name
        self.log = log
        self._record = record
        self._popen: subprocess.Popen[bytes] | None = None
        self._stop_signal = signal.SIGTERM

    @property
    def pid(self) -> int | None:
        """The pid of the living program, or None."""
        return self._popen.pid if self._popen is not None and self._popen.poll() is None else None

    def spawn(self, launch: Launch) -> None:
        """Start the program. Call from the main thread: the system ties a child to the thread that made it."""
        rotate(self.log)
        self._stop_signal = launch.stop_signal
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(  # noqa: S603 - our own command line
                tied(launch.command, launch.directory, launch.stop_signal, launch.uid, launch.gid),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=launch.environment,
                # A Ctrl-C on the terminal reaches us alone: we stop the parts in order.
                start_new_session=True,
            )
        records.write(self._record, self._popen.pid, launch.command[0])

    async def wait_ready(self, is_ready: Callable[[], Awaitable[bool]], limit_seconds: float) -> None:
        """Return when the program serves.

        Raises:
            PartFailed: it ended, or the limit passed.
        """
        deadline = time.monotonic() + limit_seconds
        while True:
            if self.pid is None:
                status = self._popen.returncode if self._popen is not None else None
                raise PartFailed(self.name, f"ended while starting (status {status})", self.log, last_line(self.log))
            if await is_ready():
                return
            if time.monotonic() > deadline:
                raise PartFailed(self.name, f"was not ready after {limit_seconds:.0f} s", self.log, last_line(self.log))
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self, limit_seconds: float) -> None:
        """Ask it to stop, wait, and kill it when it does not."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(self._stop_signal)
            if not await self._ended(limit_seconds):
                self._popen.kill()
                await self._ended(limit_seconds)
        records.forget(self._record)

    async def kill(self) -> None:
        """End it as a crash would (for tests of recovery)."""
        if self._popen is not None:
            self._popen.kill()
            await self._ended(10)

    async def _ended(self, limit_seconds: float) -> bool:
        return await until(lambda: self.pid is None, limit_seconds)


async def until(condition: Callable[[], bool], limit_seconds: float) -> bool:
    """Wait for something that no event tells; whether it came true within the limit."""
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


async def clear_survivor(record: Path, stop_signal: signal.Signals, limit_seconds: float) -> bool:
    """Stop the program that a killed earlier start left running; whether there was one.

    Only the very process that was recorded (pid and birth) is touched.
    """
    left = records.survivor(record)
    if left is None:
        return False
    for how in (stop_signal, signal.SIGKILL):
        os.kill(left.pid, how)
        if await until(lambda: not records.alive(left), limit_seconds):
            break
    records.forget(record)
    return True
