"""What an embedded part is: the seam between one program and the code that starts, watches and stops it."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from compose.embedded.credentials import Credentials
from compose.embedded.progress import Progress


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part lives: its own directory, the shared cache, its ports, the stack's credentials."""

    directory: Path
    cache: Path
    logs: Path
    ports: Mapping[str, int]
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program. `uid` 0: as whoever we are."""

    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    uid: int = 0
    gid: int = 0
    stop_signal: signal.Signals = signal.SIGTERM


class Part(Protocol):
    """One program of the stack."""

    name: str
    # The settings that replace this part: the first of them decides.
    variables: tuple[str, ...]
    port_names: tuple[str, ...]
    start_seconds: float
    stop_seconds: float

    def fetch(self, place: Place, progress: Progress) -> None:
        """Bring what must be downloaded; blocks, so it runs in a thread."""

    async def prepare(self, place: Place) -> None:
        """Make the data directory ready for a start, the first or a later one."""

    def launch(self, place: Place) -> Launch:
        """How to start it now."""

    async def is_ready(self, place: Place) -> bool:
        """Whether it serves a real client."""

    async def after_first_ready(self, place: Place) -> None:
        """Make what the product expects to find inside (a database, a bucket); safe to repeat."""

    def environment(self, place: Place) -> dict[str, str]:
        """The settings by which the product reaches it."""
