"""Where an op spends its life: a line per op and step, written only while somebody measures.

With `DOSKA_STEPS_DIR` set, each process appends `<client's id of the op> <step> <nanoseconds>` to a file of its own there.
The clock is the system's monotonic one, which all processes of a machine share. `doska bench waterfall` reads them.
"""

import atexit
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

Step = Literal["read", "checked", "handed", "placed", "fetched", "decoded", "scripted", "heard", "written"]
VARIABLE: Final = "DOSKA_STEPS_DIR"
LINES_KEPT: Final = 2000


class Steps:
    """The file of this process. `on` is False, and nothing else may be called, when nobody measures."""

    def __init__(self, directory: str | None) -> None:
        self.on = directory is not None
        self._lines: list[str] = []
        if directory is not None:
            self._path = Path(directory) / f"{os.getpid()}.steps"
            atexit.register(self.flush)

    def mark(self, step: Step, ops: Iterable[str | None], at_ns: int | None = None) -> None:
        """Note that these ops, by their clients' ids, have come through a step, now or at another time."""
        at_ns = time.monotonic_ns() if at_ns is None else at_ns
        self._lines += [f"{op} {step} {at_ns}" for op in ops if op is not None]
        if len(self._lines) >= LINES_KEPT:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        lines, self._lines = self._lines, []
        if lines:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")


steps = Steps(os.environ.get(VARIABLE))
