"""What an embedded part is: the seam between one program and the code that starts, watches and stops it."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from compose.embedded.credentials import Credentials
from compose.embedded.progress import Progress


@dataclass(frozen=True, slots=True)
class Place:
    """Where one part lives: its own directory, the shared cache, its ports, the stack's credentials.

    `neighbours` are the ports of every part of the stack.
    """

    directory: Path
    cache: Path
    logs: Path
    ports: Mapping[str, int]
    credentials: Credentials
    neighbours: Mapping[str, int] = field(default_factory=dict)


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

    @property
    def name(self) -> str:
        """Its name, which its directory, its log and its messages bear."""

    @property
    def variable(self) -> str:
        """The setting that replaces this part by somebody's own."""

    @property
    def port_names(self) -> tuple[str, ...]:
        """The ports it listens on."""

    @property
    def start_seconds(self) -> float:
        """How long a start may take on a slow machine, recovery after a crash included."""

    @property
    def stop_seconds(self) -> float:
        """How long it may take to stop before it is killed."""

    async def prepare(self, place: Place, progress: Progress) -> None:
        """Download what is missing and make the data directory ready for a start, the first or a later one."""

    def launch(self, place: Place) -> Launch:
        """How to start it now."""

    async def is_ready(self, place: Place) -> bool:
        """Whether a real client is served, and finds what the product expects (the database, the bucket)."""

    def environment(self, place: Place) -> dict[str, str]:
        """The settings by which the product reaches it."""


@runtime_checkable
class WithIdleWork(Protocol):
    """A part with work that may wait until everything serves, and may be cancelled."""

    async def idle_work(self, place: Place) -> None:
        """Do it, at low priority."""
