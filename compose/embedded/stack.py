"""The parts that the product stands on, started and stopped together.

stack = Stack(Path(".doska"), ports="fixed")
await stack.start()
os.environ.update(stack.environment())
...
await stack.stop()
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from compose.embedded import addresses, credentials, ports
from compose.embedded.errors import DiskFull, StackError, first
from compose.embedded.kafka import Kafka
from compose.embedded.kafka_access import Access
from compose.embedded.kafka_nodes import NAMES as KAFKA_NODES
from compose.embedded.lock import Lock
from compose.embedded.part import Part, Place, WithIdleWork
from compose.embedded.postgres import Postgres
from compose.embedded.progress import Progress, Step, silent
from compose.embedded.running import Running
from compose.embedded.seaweedfs import SeaweedFS
from compose.embedded.valkey import Valkey

PARTS: Mapping[str, Callable[[], Part]] = {
    "kafka": Kafka,
    "postgres": Postgres,
    "valkey": Valkey,
    "seaweedfs": SeaweedFS,
}
# What a started part may be called: Kafka may be several.
NAMES: Final = frozenset(PARTS) | KAFKA_NODES
NEEDED_BYTES = 500_000_000


class Stack:
    """The parts of one data directory.

    A part whose setting is in the environment already (DOSKA_KAFKA_BOOTSTRAP, …) is somebody else's: it is not started.
    Start it from the main thread: on Linux the parts end with the thread that made them.

    With three `kafka_nodes` the part `kafka` is three: kafka, kafka2, kafka3. `kafka_detours` are ports, see `Kafka`:
    one for each or none.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        ports: Literal["fixed", "free"] = "free",
        parts: Iterable[str] = tuple(PARTS),
        kafka_access: Access | None = None,
        kafka_nodes: int = 1,
        kafka_detours: Sequence[int] = (),
    ) -> None:
        self.data_dir = data_dir
        self.lock = Lock(data_dir / "lock")
        self._cache = cache_dir or default_cache(data_dir)
        self._ports = ports
        self._wanted = tuple(parts)
        self._kafka_access = kafka_access
        self._kafka_nodes = kafka_nodes
        self._kafka_detours = kafka_detours
        self._running: dict[str, Running] = {}
        self._idle: asyncio.Task[None] | None = None

    async def start(self, progress: Progress | None = None) -> None:
        """Claim the data directory and start every part at once; return when all of them serve.

        Raises:
            StackError: in one sentence; whatever had started is stopped again.
        """
        tell = progress or silent
        self.claim()
        try:
            if not self._running:
                self._assemble(tell)
            async with asyncio.TaskGroup() as group:
                for running in self._running.values():
                    group.create_task(running.start(tell))
        except BaseExceptionGroup as failures:
            await self.stop(tell)
            raise first(failures) from None
        except BaseException:
            await self.stop(tell)
            raise
        if self._ports == "fixed":
            addresses.write(self.data_dir, self._by_variable())
        self._idle = asyncio.create_task(self._work_when_idle())

    def claim(self) -> None:
        """Make the data directory ours; `start` does it too.

        Raises:
            StackError: it cannot be made, its disk is full, or (AlreadyRunning) it is another process's.
        """
        _make_room(self.data_dir)
        self.lock.take()

    async def stop(self, progress: Progress | None = None) -> None:
        """Stop every part: the log last, since the others may still write to it as they end."""
        tell = progress or silent
        if self._idle is not None:
            self._idle.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._idle
            self._idle = None
        log = [each for each in self._running.values() if isinstance(each.part, Kafka)]
        await asyncio.gather(*(each.stop(tell) for each in self._running.values() if each not in log))
        await asyncio.gather(*(each.stop(tell) for each in log))
        self.lock.release()

    def environment(self) -> dict[str, str]:
        """The settings by which the product reaches the parts that were started."""
        return {name: value for settings in self._by_variable().values() for name, value in settings.items()}

    def part(self, name: str) -> Running:
        """One started part."""
        return self._running[name]

    def names(self) -> list[str]:
        """The parts that this stack runs itself."""
        return list(self._running)

    async def kill9(self, name: str) -> None:
        """End a part as a crash would."""
        await self._running[name].kill()

    async def restart(self, name: str, progress: Progress | None = None) -> None:
        """Start a part again on the same ports and data, stopping it first when it lives."""
        await self._running[name].stop(progress or silent)
        await self._running[name].start(progress or silent)

    async def watch(self, progress: Progress | None = None) -> None:
        """Start every part again that ends by itself, for as long as this is not cancelled."""
        async with asyncio.TaskGroup() as group:
            for running in self._running.values():
                group.create_task(running.keep(progress or silent))

    def _by_variable(self) -> dict[str, dict[str, str]]:
        running = self._running.values()
        return {each.part.variable: each.part.environment(each.place) for each in running}

    async def _work_when_idle(self) -> None:
        for running in self._running.values():
            if isinstance(running.part, WithIdleWork):
                # What was not done is done after a later start.
                with contextlib.suppress(StackError, OSError):
                    await running.part.idle_work(running.place)

    def _assemble(self, tell: Progress) -> None:
        parts = [part for name in self._wanted for part in self._made(name)]
        own = [part for part in parts if not os.environ.get(part.variable)]
        for part in parts:
            if part not in own:
                tell(Step(part.name, "external", note=part.variable))
        names = [name for part in own for name in part.port_names]
        remembered = self.data_dir / "ports.json" if self._ports == "fixed" else None
        hint = f"stop it, or delete {remembered} to have new ports chosen." if remembered else "stop it."
        numbers = ports.free(names) if remembered is None else ports.fixed(names, remembered)
        secrets = credentials.read_or_create(self.data_dir / "credentials.json")
        for part in own:
            place = Place(
                directory=self.data_dir / "parts" / part.name,
                cache=self._cache,
                logs=self.data_dir / "logs",
                ports={name: numbers[name] for name in part.port_names},
                credentials=secrets,
                neighbours=numbers,
            )
            self._running[part.name] = Running(part, place, hint)

    def _made(self, name: str) -> list[Part]:
        if name != "kafka":
            return [PARTS[name]()]
        if os.environ.get(Kafka.variable):
            return [Kafka()]
        count, detours = self._kafka_nodes, self._kafka_detours
        return [
            Kafka(self._kafka_access, number=number, nodes=count, detour=detours[number - 1] if detours else None)
            for number in range(1, count + 1)
        ]


def default_cache(data_dir: Path) -> Path:
    """Where downloads are kept, for every data directory of this user; in the data directory where there is no home."""
    if own := os.environ.get("DOSKA_CACHE_DIR"):
        return Path(own)
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "doska"
        cache.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return data_dir / "cache"
    return cache if os.access(cache, os.W_OK) else data_dir / "cache"


def _make_room(data_dir: Path) -> None:
    """Make the directories, on a disk with room."""
    try:
        for directory in (data_dir, data_dir / "logs", data_dir / "parts"):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StackError(f"The data directory {data_dir.absolute()} cannot be made: {error.strerror}.") from error
    free = shutil.disk_usage(data_dir).free
    if free < NEEDED_BYTES:
        raise DiskFull(
            f"Only {free // 1_000_000} MB are free on the disk of {data_dir.absolute()}, and the parts need "
            f"{NEEDED_BYTES // 1_000_000} MB: make room, or set DOSKA_DATA_DIR to another disk."
        )
