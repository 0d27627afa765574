"""What was measured, for people: the table of the README, and one paragraph of details per run."""

from collections.abc import Mapping

from jobs.bench import rivals
from jobs.bench.run import Run
from jobs.bench.works_found import Work

# More than this of a core burnt by others, and a time says little.
QUIET = 0.05


def readme(results: Mapping[Work, Run]) -> str:
    """A Markdown table: a row for each work, ours first, then the rivals'."""
    heads = [
        "work",
        "Doska, durable",
        "ack p50 / p99 ms",
        "delivered of expected",
        "edge, us per delivery",
        *rivals.columns(),
    ]
    lines = [heads, ["---"] * len(heads)]
    for work, run in results.items():
        ours = work.told(run) if run.counts else f"does not count: {'; '.join(run.problems())}"
        acks = f"{run.ack.percentile(50):.1f} / {run.ack.percentile(99):.1f}" if len(run.ack) else ""
        counts = f"{run.delivered:,} of {run.expected:,}" if run.expected else ""
        edge = run.per_delivery().get("edge")
        lines.append([work.title, ours, acks, counts, f"{edge:.1f}" if edge else "", *rivals.row(work.name)])
    told = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    others = max((run.others for run in results.values()), default=0.0)
    if others > QUIET:
        told += (
            f"\n\nOther programs burnt up to {others:.0%} of a core meanwhile: the times are not the product's alone."
        )
    return told


def details(work: Work, run: Run) -> str:
    """One run, a few lines."""
    lines = [f"{work.name}: {work.told(run) if run.counts else 'DOES NOT COUNT: ' + '; '.join(run.problems())}"]
    for name, times in (
        ("ack", run.ack),
        ("seen", run.seen),
        ("position", run.age),
        ("store lag", run.lag),
        ("client late", run.late),
    ):
        if len(times):
            numbers = "  ".join(f"{share} {value:.2f}" for share, value in times.numbers().items())
            lines.append(f"  {name:<12} {numbers} ms  ({len(times):,})")
    if run.cores:
        used = "  ".join(f"{name} {cores:.0%}" for name, cores in run.cores.items())
        lines.append(f"  {'cores':<12} {used}  others {run.others:.0%}")
        ops, deliveries = run.per_op(), run.per_delivery()
        lines.append(f"  {'us per op':<12} " + "  ".join(f"{name} {cost:.0f}" for name, cost in ops.items()))
        lines.append(f"  {'us/delivery':<12} " + "  ".join(f"{name} {cost:.1f}" for name, cost in deliveries.items()))
    if run.memory:
        lines.append(
            f"  {'memory MB':<12} " + "  ".join(f"{name} {held / 1e6:.0f}" for name, held in run.memory.items())
        )
    if run.wire_bytes:
        log = f", in the log {run.log_bytes / 1e6:.2f} MB" if run.log_bytes is not None else ""
        lines.append(f"  {'bytes':<12} on the wire {run.wire_bytes / 1e6:.1f} MB{log}")
    lines += [f"  {name}: {_short(value)}" for name, value in run.figures.items()]
    return "\n".join(lines)


def _short(value: object) -> str:
    if isinstance(value, list):
        return "".join(f"\n    {each}" for each in value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)
