"""Flame graphs of our own processes, drawn by py-spy while a work is measured."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which

BEGIN_SECONDS = END_SECONDS = 30.0
SAMPLING = b"Sampling process"
RATE = "200"


@dataclass(frozen=True, slots=True)
class Flames:
    """Where they go, as `<work>-<process>.svg`, and what draws them."""

    directory: Path
    profiler: str
    work: str = ""

    @asynccontextmanager
    async def drawn(self, processes: Mapping[str, Collection[int]]) -> AsyncIterator[None]:
        """Sample each process that runs Python, with its children, as long as the body lasts.

        Sampling stops a process for moments, so the times of such a run are not to be quoted.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        recording = [
            await self._record(name, pid) for name, pids in processes.items() for pid in pids if _runs_python(pid)
        ]
        try:
            yield
        finally:
            for each in recording:
                with suppress(ProcessLookupError):
                    each.send_signal(signal.SIGINT)
            async with asyncio.timeout(END_SECONDS):
                await asyncio.gather(*(each.communicate() for each in recording))

    async def _record(self, name: str, pid: int) -> asyncio.subprocess.Process:
        output = self.directory / f"{self.work}-{name}.svg"
        words = ("record", "--pid", str(pid), "--subprocesses", "--rate", RATE, "--output", str(output))
        nothing, pipe, same = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        recording = await asyncio.create_subprocess_exec(self.profiler, *words, stdin=nothing, stdout=pipe, stderr=same)
        assert recording.stdout is not None  # noqa: S101 - it is a pipe
        async with asyncio.timeout(BEGIN_SECONDS):
            said = b""
            while SAMPLING not in said and (line := await recording.stdout.readline()):
                said += line
        if SAMPLING not in said:
            print(f"no flame graph of {name}: {said.decode(errors='replace').strip()}", file=sys.stderr)
        return recording


def profiler() -> str | None:
    """The py-spy of this environment, or of the system."""
    return which("py-spy", path=str(Path(sys.executable).parent)) or which("py-spy")


def _runs_python(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/exe").resolve().name.startswith("python")
    return False
