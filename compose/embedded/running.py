"""One part of a stack as it runs: started, watched, stopped."""

import asyncio
import time
from pathlib import Path

from compose.embedded import ports
from compose.embedded.errors import PortInUse
from compose.embedded.part import Part, Place
from compose.embedded.process import Process, clear_survivor
from compose.embedded.progress import Progress, Step

# Ports of a process that ended a moment ago may be held a little longer.
PORTS_SECONDS = 3.0


class Running:
    """A part, its place and its process."""

    def __init__(self, part: Part, place: Place, remembered_ports: Path | None) -> None:
        self.part = part
        self.place = place
        self._record = place.directory.with_suffix(".pid")
        self._remembered_ports = remembered_ports
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
            await clear_survivor(self._record, part.launch(place).stop_signal, part.stop_seconds)
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

    async def kill(self) -> None:
        """End it as a crash would."""
        await self._process.kill()

    async def _wait_for_ports(self) -> None:
        deadline = time.monotonic() + PORTS_SECONDS
        while True:
            try:
                ports.claim(self.part.name, self.place.ports, self._remembered_ports)
            except PortInUse:
                if time.monotonic() > deadline:
                    raise
            else:
                return
            await asyncio.sleep(0.1)
