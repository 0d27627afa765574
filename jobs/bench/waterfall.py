"""One op's life: how long each step of its way takes, from the marks that the processes of the product write."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, get_args

from jobs.bench.load.times import Times
from topics.runtime.steps import VARIABLE, Step

# What has happened since the step before it.
WAY: Final[Mapping[Step, str]] = {
    "read": "the edge has the frame",
    "checked": "parsed, rights known, validated",
    "handed": "joined into a record, given to the producer",
    "fetched": "durable in Kafka, in the fan-out's hands",
    "decoded": "envelope and schema checked",
    "heard": "numbered, kept and published by Redis, in the edge's hands",
    "written": "one frame, written to every socket of the room",
}
# Beside the way: nobody in the room waits for these.
BESIDE: Final[Mapping[tuple[Step, Step], str]] = {
    ("handed", "placed"): "the broker's acknowledgement, and so the client's",
    ("decoded", "scripted"): "Redis' answer to the fan-out",
}
SHARES: Final = (50, 95, 99)
WIDTH: Final = 40
Ops = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the processes write."""

    directory: Path

    def read(self) -> dict[str, dict[str, int]]:
        """By op its steps, in nanoseconds; of a step that was marked twice the first time."""
        ops: dict[str, dict[str, int]] = {}
        for file in sorted(self.directory.glob("*.steps")):
            for line in file.read_text(encoding="utf-8").splitlines():
                op, step, at = line.rsplit(" ", 2)
                ops.setdefault(op, {}).setdefault(step, int(at))
        return ops


@contextmanager
def recording() -> Iterator[Marks]:
    """Whatever process of the product is started inside writes its marks."""
    with TemporaryDirectory(prefix="doska-steps-") as directory:
        os.environ[VARIABLE] = directory
        try:
            yield Marks(Path(directory))
        finally:
            del os.environ[VARIABLE]


def waterfall(ops: Ops) -> str:
    """A line per step: percentiles of its duration in ms, and its median place on the way as a bar."""
    way: list[Step] = list(WAY)
    whole = [op for op in ops.values() if all(step in op for step in get_args(Step))]
    if not whole:
        return "No op came through all steps."
    lines = [f"{len(whole)} of {len(ops)} ops with all their marks; ms, p50 p95 p99"]
    end = _median(whole, "read", "written")
    for before, step in pairwise(way):
        bar = _bar(_median(whole, "read", before), _median(whole, "read", step), end)
        lines.append(_line(step, _times(whole, before, step), bar, WAY[step]))
    lines.append(_line("all of it", _times(whole, "read", "written"), "", ""))
    lines += [_line(f"({step})", _times(whole, before, step), "", about) for (before, step), about in BESIDE.items()]
    return "\n".join(lines)


def _line(name: str, times: Times, bar: str, about: str) -> str:
    shares = "".join(f"{times.percentile(share):>8.2f}" for share in SHARES)
    return f"{name:<12}{shares}  {bar:<{WIDTH}}  {about}".rstrip()


def _times(ops: Sequence[Mapping[str, int]], before: Step, step: Step) -> Times:
    times = Times()
    for op in ops:
        times.add((op[step] - op[before]) // 1000)
    return times


def _median(ops: Sequence[Mapping[str, int]], before: Step, step: Step) -> float:
    ordered = sorted(op[step] - op[before] for op in ops)
    return ordered[len(ordered) // 2] / 1e6


def _bar(begun: float, ended: float, end: float) -> str:
    first, last = (round(max(0.0, at) / end * WIDTH) if end > 0 else 0 for at in (begun, ended))
    return " " * min(first, WIDTH - 1) + "#" * max(1, last - first)
