"""The parts that the product stands on, started and stopped together.

    stack = Stack(Path(".doska"), ports="fixed")
    await stack.start()
    os.environ.update(stack.environment())
    ...
    await stack.stop()
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from compose.embedded import credentials, ports
from compose.embedded.errors import AlreadyRunning, DiskFull, StackError
from compose.embedded.kafka import Kafka
from compose.embedded.part import Part, Place
from compose.embedded.postgres import Postgres
from compose.embedded.process import Process, clear_survivor
from compose.embedded.progress import Progress, Step, silent
from compose.embedded.seaweedfs import SeaweedFS
from compose.embedded.valkey import Valkey

PARTS: dict[str, type[Part]] = {"kafka": Kafka, "postgres": Postgres, "valkey": Valkey, "seaweedfs": SeaweedFS}
NEEDED_BYTES = 500_000_000
START_ATTEMPTS = 2


def default_cache() -> Path:
    """Where downloads are kept for every data directory of this user."""
    own = os.environ.get("DOSKA_CACHE_DIR")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doska"


class Running:
    """One part of a started stack."""

    def __init__(self, part: Part, place: Place) -> None:
        self.part = part
        self.place = place
        self.process = Process(part.name, place.directory.parent / f"{part.name}.pid", place.logs / f"{part.name}.log")

    @property
    def pid(self) -> int | None:
        """The living process's pid, or None."""
        return self.process.pid

    async def start(self, progress: Progress) -> None:
        """Clear away what an earlier start left, start, wait until it serves."""
        part, place, begun = self.part, self.place, time.monotonic()
        record = self.place.directory.parent / f"{part.name}.pid"
        await asyncio.to_thread(part.fetch, place, progress)
        progress(Step(part.name, "starting"))
        if self.pid is None:
            place.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            await clear_survivor(record, part.launch(place).stop_signal, part.stop_seconds)
            await part.prepare(place)
            await self._wait_for_ports()
            self.process.spawn(part.launch(place))
        await self.process.wait_ready(lambda: part.is_ready(place), part.start_seconds)
        await part.after_first_ready(place)
        progress(Step(part.name, "ready", time.monotonic() - begun))

    async def _wait_for_ports(self, limit_seconds: float = 5.0) -> None:
        # The ports of a process that was killed a moment ago may be held a little longer.
        remembered = self.place.directory.parent.parent / "ports.json"
        deadline = time.monotonic() + limit_seconds
        while True:
            try:
                return ports.claim(self.part.name, self.place.ports, remembered if remembered.exists() else None)
            except StackError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)


class Stack:
    """The parts of one data directory.

    A part whose setting is in the environment already (DOSKA_KAFKA_BOOTSTRAP, …) is somebody else's and is not started.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        ports: Literal["fixed", "free"] = "free",
        parts: Iterable[str] = tuple(PARTS),
    ) -> None:
        self.data_dir = data_dir
        self._cache = cache_dir or default_cache()
        self._ports = ports
        self._wanted = tuple(parts)
        self._running: dict[str, Running] = {}
        self._lock: int | None = None
        self._idle: asyncio.Task[None] | None = None

    async def start(self, progress: Progress | None = None) -> None:
        """Start every part at once; return when all of them serve.

        Raises:
            StackError: in one sentence; whatever had started is stopped again.
        """
        tell = progress or silent
        self._take_data_dir()
        try:
            if not self._running:
                self._assemble(tell)
            async with asyncio.TaskGroup() as group:
                for running in self._running.values():
                    group.create_task(running.start(tell))
        except BaseExceptionGroup as failures:
            await self.stop(tell)
            raise _first(failures) from None
        except BaseException:
            await self.stop(tell)
            raise
        self._idle = asyncio.create_task(self._work_when_idle())

    async def stop(self, progress: Progress | None = None) -> None:
        """Stop every part: the log last, since the others may still write to it as they end."""
        tell = progress or silent
        if self._idle is not None:
            self._idle.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._idle
            self._idle = None
        names = [name for name in self._running if name != "kafka"]
        await asyncio.gather(*(self._stop_one(name, tell) for name in names))
        if "kafka" in self._running:
            await self._stop_one("kafka", tell)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def environment(self) -> dict[str, str]:
        """The settings by which the product reaches the parts that were started."""
        return {
            name: value
            for running in self._running.values()
            for name, value in running.part.environment(running.place).items()
        }

    def part(self, name: str) -> Running:
        """One started part."""
        return self._running[name]

    def names(self) -> list[str]:
        """The parts that this stack runs itself."""
        return list(self._running)

    async def kill9(self, name: str) -> None:
        """End a part as a crash would."""
        await self._running[name].process.kill()

    async def restart(self, name: str, progress: Progress | None = None) -> None:
        """Start a part again on the same ports and data, stopping it first when it lives."""
        running = self._running[name]
        await running.process.stop(running.part.stop_seconds)
        await running.start(progress or silent)

    async def _stop_one(self, name: str, tell: Progress) -> None:
        running, begun = self._running[name], time.monotonic()
        if running.pid is not None:
            tell(Step(name, "stopping"))
            await running.process.stop(running.part.stop_seconds)
            tell(Step(name, "stopped", time.monotonic() - begun))
        else:
            await running.process.stop(0)

    async def _work_when_idle(self) -> None:
        kafka = self._running.get("kafka")
        if kafka is not None and isinstance(kafka.part, Kafka):
            await kafka.part.idle_work(kafka.place)

    def _assemble(self, tell: Progress) -> None:
        parts = [PARTS[name]() for name in self._wanted]
        own = [part for part in parts if not any(os.environ.get(variable) for variable in part.variables)]
        for part in parts:
            if part not in own:
                tell(Step(part.name, "external", note=part.variables[0]))
        names = [name for part in own for name in part.port_names]
        remembered = self.data_dir / "ports.json"
        numbers = ports.fixed(names, remembered) if self._ports == "fixed" else ports.free(names)
        secrets = credentials.read_or_create(self.data_dir / "credentials.json")
        for part in own:
            place = Place(
                directory=self.data_dir / "parts" / part.name,
                cache=self._cache,
                logs=self.data_dir / "logs",
                ports={name: numbers[name] for name in part.port_names},
                credentials=secrets,
            )
            self._running[part.name] = Running(part, place)

    def _take_data_dir(self) -> None:
        if self._lock is not None:
            return
        for directory in (self.data_dir, self.data_dir / "logs", self.data_dir / "parts"):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(self.data_dir).free
        if free < NEEDED_BYTES:
            raise DiskFull(
                f"Only {free // 1_000_000} MB are free on the disk of {self.data_dir.absolute()}, and the parts need "
                f"{NEEDED_BYTES // 1_000_000} MB: make room, or set DOSKA_DATA_DIR to another disk."
            )
        lock = os.open(self.data_dir / "parts" / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 200).decode(errors="replace").strip()
            os.close(lock)
            raise AlreadyRunning(self.data_dir.absolute(), holder or "its pid is not known") from None
        os.ftruncate(lock, 0)
        os.write(lock, f"pid {os.getpid()}\n".encode())
        self._lock = lock


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one failure to tell: a sentence of ours before anything else."""
    flat: list[BaseException] = []
    waiting: list[BaseException] = [failures]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        else:
            flat.append(one)
    return next((one for one in flat if isinstance(one, StackError)), flat[0])
