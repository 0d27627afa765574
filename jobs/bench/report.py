"""What was measured, as a table and as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PERCENTILES = (50, 95, 99, 100)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the sorted values that `share` percent of them do not exceed (nearest rank); 0 of none."""
    if not values:
        return 0.0
    rank = -(-len(values) * share // 100)
    return values[max(0, int(rank) - 1)]


@dataclass(slots=True)
class Result:
    """One run. Times are in milliseconds and of ops sent after the warm-up; counts are of all ops."""

    load: dict[str, Any]
    sent: int = 0
    acked: int = 0
    refused: int = 0
    delivered: int = 0
    expected: int = 0
    gaps: int = 0
    doubles: int = 0
    disordered: int = 0
    resets: int = 0
    ack_ms: list[float] = field(default_factory=list)
    seen_ms: list[float] = field(default_factory=list)

    def numbers(self) -> dict[str, Any]:
        """Everything but the single times."""
        return {
            "load": self.load,
            "ops": {"sent": self.sent, "acked": self.acked, "refused": self.refused},
            "deliveries": {"expected": self.expected, "delivered": self.delivered},
            "faults": {
                "gaps": self.gaps,
                "doubles": self.doubles,
                "disordered": self.disordered,
                "resets": self.resets,
            },
            "ack_ms": _percentiles(self.ack_ms),
            "send_to_seen_ms": _percentiles(self.seen_ms),
        }


def problems(result: Result) -> list[str]:
    """What should not have happened."""
    found = []
    if result.refused or result.acked < result.sent:
        found.append(
            f"{result.sent - result.acked} of {result.sent} ops were not acknowledged ({result.refused} refused)"
        )
    if result.delivered != result.expected:
        found.append(f"{result.delivered} of {result.expected} deliveries")
    faults = (("gaps", result.gaps), ("doubles", result.doubles), ("out of order", result.disordered))
    found += [f"{count} {name}" for name, count in (*faults, ("resets", result.resets)) if count]
    return found


def table(result: Result) -> str:
    """The result for a person."""
    load = result.load
    lines = [
        (
            f"{load['members']} members, {load['editors']} editors x {load['rate']:g}/s in one room, {load['seconds']:g} s "
            f"after {load['warmup']:g} s of warm-up"
        ),
        "",
        f"{'ms':<16}" + "".join(f"{_name(share):>9}" for share in PERCENTILES),
        f"{'ack':<16}" + _row(result.ack_ms),
        f"{'send to seen':<16}" + _row(result.seen_ms),
        "",
        f"{'ops':<16}{result.acked} acknowledged of {result.sent}",
        f"{'deliveries':<16}{result.delivered} of {result.expected}",
        f"{'gaps, doubles':<16}{result.gaps}, {result.doubles}",
    ]
    wrong = problems(result)
    if wrong:
        lines += ["", "WRONG: " + "; ".join(wrong)]
    return "\n".join(lines)


def _name(share: int) -> str:
    return "max" if share == PERCENTILES[-1] else f"p{share}"


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {_name(share): round(percentile(ordered, share), 3) for share in PERCENTILES}


def _row(values: Sequence[float]) -> str:
    return "".join(f"{value:>9.1f}" for value in _percentiles(values).values())
