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
    steps, best, good = [], None, 0.0
    async with bench.opened(rooms):
        for rate in size.steps:
            run = await bench.drawn(
                asdict(size), draw_rate=rate / size.members, seconds=size.seconds, warmup=size.warmup, lag=True
            )
            slowest, lag, late = (each.percentile(99) for each in (run.seen, run.lag, run.late))
            steps.append(
                {
                    "ops_per_second": rate,
                    "deliveries_per_second": round(run.deliveries_per_second),
                    "p50": run.seen.percentile(50),
                    "p99": slowest,
                    "ack_p99": run.ack.percentile(99),
                    "store_lag_ms": run.lag.percentile(100),
                    "late_p99": late,
                    "cores": {name: round(used, 2) for name, used in run.cores.items()},
                    "cores_of_others": round(run.others, 2),
                    "problems": run.problems(),
                }
            )
            wrong = run.faults
            if wrong.gaps or wrong.doubles or wrong.disordered or wrong.disagreements:
                # However high the rate, this must not happen: the whole ladder does not count.
                best = run
                break
            if not run.counts or slowest > LIMIT_MS or lag > LAG_MS or late > LATE_MS:
                best = best or run
                break
            if slowest < GOOD_MS:
                good = run.deliveries_per_second
            best = run
    if best is None:
        raise Refused("the ladder has no steps")
    return replace(best, figures={**best.figures, "steps": steps, "below_50_ms": round(good)})


def told(run: Run) -> str:
    """For the table."""
    return f"{run.deliveries_per_second / 1000:,.0f} k ({run.figures['below_50_ms'] / 1000:,.0f} k with p99 < {GOOD_MS} ms)"
