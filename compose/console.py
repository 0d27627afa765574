"""The progress of a start, told to a person: a live last line on a terminal, plain lines anywhere else."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import TextIO

from compose.embedded.progress import State, Step

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAME_SECONDS = 0.1
CLEAR_LINE = "\r\x1b[2K"
UNDER_WAY: frozenset[State] = frozenset({"fetching", "starting", "stopping"})
FAILED: frozenset[State] = frozenset({"died"})


class Console:
    """Writes steps as they come; `tell` is a `Progress`."""

    def __init__(self, out: TextIO = sys.stdout, *, live: bool | None = None) -> None:
        self._out = out
        self._live = _is_terminal(out) if live is None else live
        self._unicode = "utf" in (out.encoding or "").lower()
        self._under_way: dict[str, tuple[str, float]] = {}
        self._frame = 0

    def tell(self, step: Step) -> None:
        """One step of one part."""
        if step.state in UNDER_WAY:
            words = f"{step.state} {step.part}" + (f" ({step.note})" if step.note else "")
            self._under_way[step.part] = words, time.monotonic()
            # Without a live line, only what may take long is worth a line before it is done.
            if not self._live and step.state == "fetching":
                self.say(words)
        else:
            self._under_way.pop(step.part, None)
            self.say(sentence(step, marks=self._marks()))
        self._draw()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._out.write(f"{CLEAR_LINE if self._live else ''}{text}\n")
        self._out.flush()
        self._draw()

    @contextlib.asynccontextmanager
    async def drawing(self) -> AsyncIterator[None]:
        """Keep the live line moving inside."""
        if not self._live:
            yield
            return
        task = asyncio.create_task(self._keep_drawing())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._out.write(CLEAR_LINE)
            self._out.flush()

    async def _keep_drawing(self) -> None:
        while True:
            self._frame += 1
            self._draw()
            await asyncio.sleep(FRAME_SECONDS)

    def _draw(self) -> None:
        if not self._live:
            return
        now = time.monotonic()
        words = ", ".join(f"{words} {now - begun:.0f} s" for words, begun in self._under_way.values())
        spinner = SPINNER[self._frame % len(SPINNER)] if self._unicode else "-\\|/"[self._frame % 4]
        width = _width() - 3
        self._out.write(f"{CLEAR_LINE}{spinner} {words[:width]}" if words else CLEAR_LINE)
        self._out.flush()

    def _marks(self) -> tuple[str, str]:
        if not self._live:
            return "", ""
        return ("✓ ", "✗ ") if self._unicode else ("+ ", "! ")


def sentence(step: Step, marks: tuple[str, str] = ("", "")) -> str:
    """A step as one line: `kafka ready in 1.1 s`."""
    good, bad = marks
    took = f" in {step.seconds:.1f} s" if step.seconds else ""
    if step.state == "external":
        return f"{good}{step.part} is your own ({step.note})"
    note = f" ({step.note})" if step.note else ""
    return f"{bad if step.state in FAILED else good}{step.part} {step.state}{took}{note}"


def _is_terminal(out: TextIO) -> bool:
    return out.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("CI")


def _width() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80
