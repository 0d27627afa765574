"""What was tried, how often, what it cost and what it broke: a table for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from jobs.chaos.breaking import SERVICES, Broken
from jobs.chaos.history import History, disagreeing, doubled, lost


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one seed showed."""

    seed: int
    broken: Sequence[Broken]
    acked: int
    accepted: int
    events: int
    lost: Sequence[str]
    doubled: Sequence[str]
    disagreeing: Sequence[str]

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, everybody agrees and was served again."""
        healed = all(each.healed for each in self.broken)
        return healed and not (self.lost or self.doubled or self.disagreeing)


def judged(seed: int, broken: Sequence[Broken], history: History) -> Verdict:
    """The verdict on a history."""
    return Verdict(
        seed,
        broken,
        len(history.acked),
        len(history.accepted),
        sum(len(each.events) for each in history.seen),
        lost(history),
        doubled(history),
        disagreeing(history),
    )


def table(verdicts: Sequence[Verdict]) -> str:
    """Markdown: a row per kind of fault, and a sentence with the counts of all."""
    lines = [
        f"| fault | times | {' | '.join(f'{each} again after, median / longest s' for each in SERVICES)} |",
        f"| --- | --- |{' --- |' * len(SERVICES)}",
    ]
    kinds: dict[str, list[Broken]] = {}
    for verdict in verdicts:
        for each in verdict.broken:
            kinds.setdefault(each.fault.name, []).append(each)
    for name in sorted(kinds):
        rows = kinds[name]
        times = " | ".join(_times([row.seconds[each] for row in rows]) for each in SERVICES)
        lines.append(f"| {name} | {len(rows)} | {times} |")
    seeds = ", ".join(str(verdict.seed) for verdict in verdicts)
    lines += [
        "",
        (
            f"{sum(len(verdict.broken) for verdict in verdicts)} faults with the seeds {seeds}: "
            f"{sum(verdict.acked for verdict in verdicts):,} edits acknowledged, "
            f"{sum(verdict.accepted for verdict in verdicts):,} actions accepted, "
            f"{sum(verdict.events for verdict in verdicts):,} events shown; "
            f"{sum(len(verdict.lost) for verdict in verdicts)} lost, "
            f"{sum(len(verdict.doubled) for verdict in verdicts)} doubled, "
            f"{sum(len(verdict.disagreeing) for verdict in verdicts)} disagreements."
        ),
    ]
    return "\n".join(lines)


def _times(seconds: Sequence[float | None]) -> str:
    known = [each for each in seconds if each is not None]
    never = len(seconds) - len(known)
    told = f"{median(known):.1f} / {max(known):.1f}" if known else ""
    return told + (f" never {never} times" if never else "")
