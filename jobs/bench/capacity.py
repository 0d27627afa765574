"""What some cores carry, from the unit costs of two runs: arithmetic, with its assumptions told.

Each process costs `a` per op and `b` per delivery. Two works with different numbers of deliveries per op give both:
`writes` (one delivery per op) and the best step of `ladder` (one per member of the room).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from jobs.bench.run import Run

# Beyond this share of a core queues grow: the rest is for peaks.
FULL = 0.7
CORES_PER_MACHINE = 16
GIB = 1 << 30
# Where idle sockets were not measured: what one may take.
SOCKET_BYTES = 10_240
LOAD = "load"


@dataclass(frozen=True, slots=True)
class Unit:
    """Microseconds of one process."""

    per_op: float
    per_delivery: float

    def cores(self, ops: float, deliveries: float) -> float:
        """For so many a second."""
        return (self.per_op * ops + self.per_delivery * deliveries) / 1e6


@dataclass(frozen=True, slots=True)
class Demand:
    """What people ask: open sockets, ops a second of all together, members of a room on average."""

    sockets: int
    ops: float
    members: float

    @property
    def deliveries(self) -> float:
        """A second."""
        return self.ops * self.members


DEMANDS = (
    Demand(1_000, 100, 10),
    Demand(20_000, 2_000, 10),
    Demand(100_000, 10_000, 10),
    Demand(1_000_000, 100_000, 10),
)


def carries(runs: Mapping[str, Run]) -> str:
    """What the runs say by work; one sentence when a work is missing."""
    writes, ladder, idle = (runs.get(name) for name in ("writes", "ladder", "idle"))
    if writes is None or ladder is None or not (writes.counts and ladder.counts):
        return "Capacity needs the works writes and ladder, both without a fault."
    kib = idle.figures.get("in_rooms_kib") if idle is not None else None
    return told(units(writes, ladder), SOCKET_BYTES if kib is None else kib * 1024)


def units(writes: Run, ladder: Run) -> dict[str, Unit]:
    """Solve both works for what an op and what a delivery costs each process; nothing costs less than nothing."""
    found = {}
    first, second = _shape(writes), _shape(ladder)
    for name in writes.cores:
        if name == LOAD:
            continue
        # used = ops * a + deliveries * b, twice.
        used = writes.cores[name] * 1e6, ladder.cores.get(name, 0.0) * 1e6
        determinant = first[0] * second[1] - second[0] * first[1]
        if not determinant:
            continue
        op = (used[0] * second[1] - used[1] * first[1]) / determinant
        delivery = (first[0] * used[1] - second[0] * used[0]) / determinant
        if op < 0 or delivery < 0:
            # Deliveries came in larger portions than in the other work: lay all on what it does more of.
            op, delivery = (0.0, used[1] / second[1]) if op < 0 else (used[0] / first[0], 0.0)
        found[name] = Unit(op, delivery)
    return found


def told(units: Mapping[str, Unit], socket_bytes: float) -> str:
    """Unit costs, and what each demand needs, as Markdown."""
    lines = ["| process | us per op | us per delivery |", "| --- | --- | --- |"]
    lines += [f"| {name} | {unit.per_op:.1f} | {unit.per_delivery:.2f} |" for name, unit in units.items()]
    names = list(units)
    lines += [
        "",
        f"| sockets, ops/s, members of a room | {' | '.join(f'{name}, cores' for name in names)} | machines of {CORES_PER_MACHINE} cores | sockets' memory |",
    ]
    lines += [f"| {' | '.join(['---'] * (len(names) + 3))} |"]
    for demand in DEMANDS:
        cores = [units[name].cores(demand.ops, demand.deliveries) / FULL for name in names]
        machines = math.ceil(sum(cores) / CORES_PER_MACHINE)
        held = demand.sockets * socket_bytes / GIB
        lines.append(
            f"| {demand.sockets:,}, {demand.ops:,.0f}, {demand.members:g} | "
            f"{' | '.join(f'{each:.1f}' for each in cores)} | {machines} | {held:.1f} GiB |"
        )
    return "\n".join(lines)


def _shape(run: Run) -> tuple[float, float]:
    """Ops and deliveries a second."""
    return len(run.ack) / run.seconds, len(run.seen) / run.seconds
