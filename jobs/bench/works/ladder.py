"""The highest rate that one room carries: steps upwards until the slowest deliveries take too long."""

from dataclasses import asdict, dataclass, replace

from jobs.bench.bench import Bench
from jobs.bench.load.refusal import Refused
from jobs.bench.run import Run

ORDER = 3
TITLE = "highest deliveries/s, room of 50, p99 <= 200 ms"
ONE_CORE = True
LIMIT_MS, GOOD_MS, LAG_MS = 200, 50, 1000
# A step that asked for more than the load client could send tells nothing of the product.
LATE_MS = 100
# One step may be a hiccup of the machine.
FAILED_STEPS = 2


@dataclass(frozen=True, slots=True)
class Size:
    """The room, and the ops a second of all editors together on each step; a step lasts `seconds`."""

    members: int = 50
    steps: tuple[int, ...] = (1000, 2000, 4000, 6000, 8000, 9000, 10000, 11000, 12000, 14000, 16000, 18000, 20000)
    seconds: float = 5
    warmup: float = 1.5


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """The last step within the limit, with all steps in its figures."""
    rooms = await bench.stage.rooms(1, members=size.members, draw=size.members)
    steps: list[dict[str, object]] = []
    first, best, good, failed = None, None, 0.0, 0
    async with bench.opened(rooms):
        for rate in size.steps:
            run = await bench.drawn(
                asdict(size), draw_rate=rate / size.members, seconds=size.seconds, warmup=size.warmup, lag=True
            )
            first = first or run
            steps.append({"ops_per_second": rate, **_step(run)})
            wrong = run.faults
            if wrong.gaps or wrong.doubles or wrong.disordered or wrong.disagreements:
                # However high the rate, this must not happen: the whole ladder does not count.
                best = run
                break
            slowest, lag = run.seen.percentile(99), run.lag.percentile(100)
            unknown = not len(run.lag)
            if unknown or not run.counts or slowest > LIMIT_MS or lag > LAG_MS or run.late.percentile(99) > LATE_MS:
                failed += 1
                if failed == FAILED_STEPS:
                    break
                continue
            failed, best = 0, run
            if slowest < GOOD_MS:
                good = run.deliveries_per_second
    if first is None:
        raise Refused("the ladder has no steps")
    figures = {"steps": steps, "passed": best is not None, "below_50_ms": round(good)}
    told_run = best or first
    rank = -told_run.deliveries_per_second if best else 0
    return replace(told_run, figures={**told_run.figures, **figures, "rank": rank})


def _step(run: Run) -> dict[str, object]:
    return {
        "deliveries_per_second": round(run.deliveries_per_second),
        "p50": run.seen.percentile(50),
        "p99": run.seen.percentile(99),
        "ack_p99": run.ack.percentile(99),
        "store_lag_ms": run.lag.percentile(100),
        "late_p99": run.late.percentile(99),
        "cores": {name: round(used, 2) for name, used in run.cores.items()},
        "cores_of_others": round(run.others, 2),
        "problems": run.problems(),
    }


def told(run: Run) -> str:
    """For the table."""
    if not run.figures["passed"]:
        return "no step passed"
    return f"{run.deliveries_per_second / 1000:,.0f} k ({run.figures['below_50_ms'] / 1000:,.0f} k with p99 < {GOOD_MS} ms)"
