"""What is looked at every few seconds, and the file that keeps it: a line of JSON for each moment."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Held:
    """What a process with its children holds: bytes of memory by kind, open files, sockets among them, its id."""

    anon: int
    file: int
    shmem: int
    files: int
    sockets: int
    pid: int

    @property
    def memory(self) -> int:
        """All of it; pages that several share count once."""
        return self.anon + self.file + self.shmem


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment, `at` seconds after the first; times in milliseconds, counts since the begin.

    `lag` and `disk` are looked at less often: empty where they were not.
    """

    at: float
    held: Mapping[str, Held]
    times: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    closed: Mapping[str, int] = field(default_factory=dict)
    sockets: int = 0
    lag: Mapping[str, int] = field(default_factory=dict)
    disk: Mapping[str, int] = field(default_factory=dict)


def written(sample: Sample) -> str:
    """One line."""
    return json.dumps(asdict(sample), separators=(",", ":"))


def read(lines: Iterable[str]) -> list[Sample]:
    """What `written` wrote."""
    return [_sample(json.loads(line)) for line in lines if line.strip()]


def read_file(path: Path) -> list[Sample]:
    """All samples of a file."""
    return read(path.read_text().splitlines())


def _sample(told: dict[str, Any]) -> Sample:
    return Sample(**told | {"held": {name: Held(**held) for name, held in told["held"].items()}})
