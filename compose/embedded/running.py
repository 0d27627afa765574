"""One part of a stack as it runs: started, watched, stopped."""

import asyncio
import time

from compose.embedded import ports
from compose.embedded.errors import PortInUse, StackError
from compose.embedded.part import Part, Place
from compose.embedded.process import Process, clear_survivor
from compose.embedded.progress import Progress, Step

# Ports of a process that ended a moment ago may be held a little longer.
PORTS_SECONDS = 3.0
WATCH_SECONDS = 0.2
BACKOFF_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)


class Running:
    """A part, its place and its process."""

    def __init__(self, part: Part, place: Place, port_hint: str) -> None:
        self.part = part
        self.place = place
        self._record = place.directory.with_suffix(".pid")
        self._port_hint = port_hint
        self._process = Process(part.name, self._record, place.logs / f"{part.name}.log")

    @property
    def pid(self) -> int | None:
        """The living process's pid, or None."""
        return self._process.pid

    async def start(self, tell: Progress) -> None:
        """Clear away what a killed earlier start left, start, return when it serves.

        Raises:
            StackError: in one sentence.
        """
        part, place, begun = self.part, self.place, time.monotonic()
        if self.pid is None:
            await self.clear_survivor()
            await part.prepare(place, tell)
            await self._wait_for_ports()
            begun = time.monotonic()
            tell(Step(part.name, "starting"))
            self._process.spawn(part.launch(place))
        await self._process.wait_ready(lambda: part.is_ready(place), part.start_seconds)
        tell(Step(part.name, "ready", time.monotonic() - begun))

    async def stop(self, tell: Progress) -> None:
        """Stop it, by force when it does not stop by itself."""
        begun = time.monotonic()
        if self.pid is not None:
            tell(Step(self.part.name, "stopping"))
            await self._process.stop(self.part.stop_seconds)
            tell(Step(self.part.name, "stopped", time.monotonic() - begun))

    async def clear_survivor(self) -> None:
        """Stop what a killed earlier start left running."""
        if self.pid is None:
            await clear_survivor(self._record, self.part.launch(self.place).stop_signal, self.part.stop_seconds)

    async def keep(self, tell: Progress) -> None:
        """Start it again whenever it ends by itself, ever more slowly if it ends again and again."""
        deaths, started = 0, 0.0
        while True:
            if self.pid is not None:
                await asyncio.sleep(WATCH_SECONDS)
                continue
            # A minute of good service is a new beginning.
            deaths = 0 if time.monotonic() - started > 60 else deaths + 1
            tell(Step(self.part.name, "died", note="starting it again"))
            await asyncio.sleep(BACKOFF_SECONDS[min(deaths, len(BACKOFF_SECONDS) - 1)])
            started = time.monotonic()
            try:
                await self.start(tell)
            except StackError as error:
                tell(Step(self.part.name, "died", note=str(error)))
                await self._process.stop(self.part.stop_seconds)

    async def kill(self) -> None:
        """End it as a crash would."""
        await self._process.kill()

    async def _wait_for_ports(self) -> None:
        deadline = time.monotonic() + PORTS_SECONDS
        while True:
            try:
                ports.claim(self.part.name, self.place.ports, self._port_hint)
            except PortInUse:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            await asyncio.sleep(0.1)
