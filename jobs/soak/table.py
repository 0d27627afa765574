"""What a soak showed, in Markdown: what each process holds, how the strangers were sent away, what people waited."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.bench.load.times import Times
from jobs.chaos.table import Verdict
from jobs.soak.growth import Growth, growth
from jobs.soak.samples import Sample
from jobs.soak.session import Outcome
from jobs.soak.watching import OURSELVES

MIB: Final = 1024 * 1024
# Kinds of memory that are a process's own. What it maps of files the system takes back when it needs it.
OWN: Final = ("anon", "shmem")
# What is configured bounds what fills up slowly: the heap of the broker (-Xmx256m) with as much as half of it beside the
# heap; PostgreSQL's shared buffers (64 MB) with what else its processes share; of SeaweedFS the last 33 buffers of 8 MiB of
# what its filer did, one each time it flushes (`weed/util/log_buffer`), and 120 MiB of everything else.
BOUNDS: Final[Mapping[tuple[str, str], int]] = {
    ("kafka", "anon"): 384 * MIB,
    ("postgres", "shmem"): 96 * MIB,
    ("seaweedfs", "anon"): 384 * MIB,
}
FILES_FLOOR: Final = 64


@dataclass(frozen=True, slots=True)
class Row:
    """A process: how each kind of its memory and its open files grow, and how often it was started again."""

    name: str
    memory: Mapping[str, Growth]
    files: Growth
    restarts: int

    @property
    def bounded(self) -> bool:
        """Nothing of it grows for ever, and it is the one that was started."""
        return self.restarts == 0 and self.files.bounded and all(each.bounded for each in self.memory.values())


def told(samples: Sequence[Sample], outcome: Outcome | None) -> tuple[str, bool]:
    """Everything, and whether all is well; of samples alone nobody knows what was lost."""
    try:
        found = rows(samples)
    except ValueError as error:
        parts, good = [f"No verdict on memory: {error}."], False
    else:
        parts, good = [processes(found)], all(each.bounded for each in found)
    parts.append(strangers(samples[-1]))
    if outcome is not None:
        verdict = outcome.verdict
        parts += [waits(outcome.told.whole), _judged(verdict), *verdict.lost, *verdict.doubled, *verdict.disagreeing]
        good = good and verdict.good
    return "\n\n".join(parts), good


def rows(samples: Sequence[Sample]) -> list[Row]:
    """A row for each process of the product. Raises ValueError when there are too few samples."""
    names = sorted({name for each in samples for name in each.held} - {OURSELVES})
    return [_row(name, samples) for name in names]


def _row(name: str, samples: Sequence[Sample]) -> Row:
    held = [each.held[name] for each in samples if name in each.held]
    memory = {kind: growth([getattr(each, kind) for each in held], BOUNDS.get((name, kind))) for kind in OWN}
    files = growth([each.files for each in held], floor=FILES_FLOOR)
    restarts = sum(one.pid != other.pid for one, other in itertools.pairwise(held))
    return Row(name, memory, files, restarts)


def processes(rows: Sequence[Row]) -> str:
    """The table of what is held."""
    lines = [
        "| process | memory in the second quarter, MiB | in the last | most | files in the second quarter | in the last | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        second, last, most = (
            sum(getattr(each, what) for each in row.memory.values()) / MIB for what in ("second", "last", "most")
        )
        lines.append(
            f"| {row.name} | {second:.1f} | {last:.1f} | {most:.1f} | {row.files.second:.0f} | {row.files.last:.0f} | {_said(row)} |"
        )
    return "\n".join(lines)


def strangers(sample: Sample) -> str:
    """The table of what happened how often."""
    lines = ["| what | times |", "| --- | --- |"]
    lines += [f"| {what} | {count:,} |" for what, count in sorted(sample.counts.items())]
    lines += [f"| sockets closed with {code} | {count:,} |" for code, count in sorted(sample.closed.items())]
    return "\n".join(lines)


def waits(whole: Mapping[str, Times]) -> str:
    """The table of how long people waited."""
    lines = ["| what people waited for | times | p50 ms | p99 ms |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {what} | {len(times):,} | {times.percentile(50):.1f} | {times.percentile(99):.1f} |"
        for what, times in sorted(whole.items())
    ]
    return "\n".join(lines)


def _judged(verdict: Verdict) -> str:
    return (
        f"{verdict.acked:,} edits acknowledged, {verdict.accepted:,} actions accepted, {verdict.events:,} events shown; "
        f"{len(verdict.lost)} lost, {len(verdict.doubled)} doubled, {len(verdict.disagreeing)} disagreements."
    )


def _said(row: Row) -> str:
    if row.restarts:
        return f"**ended and was started again, {row.restarts} times**"
    growing = [kind for kind, each in row.memory.items() if not each.bounded]
    if not row.files.bounded:
        growing.append("files")
    if growing:
        return f"**grows: {', '.join(growing)}**"
    filling = [kind for kind, each in row.memory.items() if each.grew > each.allowed]
    return f"bounded (fills its configured {', '.join(filling)})" if filling else "bounded"
