"""What one run of one work showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.bench import accounting
from jobs.bench.load.faults import Faults
from jobs.bench.load.times import Times

Json = dict[str, Any]


@dataclass(slots=True)
class Run:
    """Times are of what was sent in the measured seconds, counts are of all. `cores` is by process, in cores.

    `figures` are what only this work has; `broken` is why it did not come to its end.
    """

    load: Json
    seconds: float = 0.0
    sent: int = 0
    acked: int = 0
    expected: int = 0
    delivered: int = 0
    faults: Faults = field(default_factory=Faults)
    ack: Times = field(default_factory=Times)
    seen: Times = field(default_factory=Times)
    age: Times = field(default_factory=Times)
    late: Times = field(default_factory=Times)
    lag: Times = field(default_factory=Times)
    cores: Mapping[str, float] = field(default_factory=dict)
    others: float = 0.0
    memory: Mapping[str, int] = field(default_factory=dict)
    wire_bytes: int = 0
    log_bytes: int | None = None
    figures: Json = field(default_factory=dict)
    broken: str = ""

    @property
    def counts(self) -> bool:
        """Whether this is a result at all."""
        return not self.problems()

    def problems(self) -> list[str]:
        """What should not have happened, in words."""
        found = ([self.broken] if self.broken else []) + self.faults.told()
        if self.acked < self.sent:
            found.append(f"{self.acked} of {self.sent} ops acknowledged")
        if self.delivered != self.expected:
            found.append(f"{self.delivered} of {self.expected} deliveries")
        return found

    @property
    def deliveries_per_second(self) -> float:
        """Of ops sent in the measured seconds."""
        return len(self.seen) / self.seconds if self.seconds else 0.0

    def costs(self, before: accounting.Reading, after: accounting.Reading) -> None:
        """What was used in between."""
        usage = accounting.between(before, after)
        self.seconds, self.cores, self.others = usage.seconds, usage.cores, usage.others

    def include(self, other: "Run") -> None:
        """What another measurement of the same work counted: it must be without faults too."""
        self.faults.include(other.faults)
        self.sent, self.acked = self.sent + other.sent, self.acked + other.acked
        self.expected, self.delivered = self.expected + other.expected, self.delivered + other.delivered
        self.others = max(self.others, other.others)

    def include_faults(self, part: Json) -> None:
        """Those that a load process counted."""
        self.faults.include(Faults.read(part["faults"]))

    def per_op(self) -> dict[str, float]:
        """Microseconds of each process per op."""
        return {name: used * self.seconds * 1e6 / len(self.ack) for name, used in self.cores.items() if len(self.ack)}

    def per_delivery(self) -> dict[str, float]:
        """Microseconds of each process per delivery of an op or a position."""
        count = len(self.seen) + len(self.age)
        return {name: used * self.seconds * 1e6 / count for name, used in self.cores.items() if count}

    def numbers(self) -> Json:
        """Everything, for a program."""
        times = {"ack": self.ack, "seen": self.seen, "age": self.age, "late": self.late, "store_lag": self.lag}
        return {
            "load": self.load,
            "seconds": self.seconds,
            "counts": self.counts,
            "problems": self.problems(),
            "ops": {"sent": self.sent, "acked": self.acked},
            "deliveries": {"expected": self.expected, "delivered": self.delivered},
            "deliveries_per_second": round(self.deliveries_per_second),
            "faults": self.faults.written(),
            "ms": {name: each.numbers() for name, each in times.items() if len(each)},
            "cores": {name: round(used, 4) for name, used in self.cores.items()},
            "cores_of_others": round(self.others, 4),
            "us_per_op": {name: round(used, 1) for name, used in self.per_op().items()},
            "us_per_delivery": {name: round(used, 2) for name, used in self.per_delivery().items()},
            "memory_bytes": dict(self.memory),
            "wire_bytes": self.wire_bytes,
            "log_bytes": self.log_bytes,
            "figures": self.figures,
        }


def tally(run: Run, drawn: Sequence[Json], parts: Sequence[Json]) -> None:
    """Put together what the load processes counted; a room that two of them saw differently is a fault."""
    digests: dict[str, set[str]] = {}
    acked: dict[str, int] = {}
    for part in drawn:
        run.sent += part["sent"]
        for board, count in part["acked"].items():
            acked[board] = acked.get(board, 0) + count
    run.acked = sum(acked.values())
    for part in parts:
        run.delivered += part["delivered"]
        run.include_faults(part)
        run.expected += sum(count * acked[board] for board, count in part["members"].items())
        for board, digest in part["digests"].items():
            digests.setdefault(board, set()).add(digest)
        for times, name in (
            (run.ack, "ack"),
            (run.seen, "seen"),
            (run.age, "age"),
            (run.late, "late"),
            (run.lag, "lag"),
        ):
            times.include(Times.read(part[name]))
        run.wire_bytes += part["bytes_received"] + part["bytes_sent"]
    run.faults.disagreements += sum(len(each) - 1 for each in digests.values())
