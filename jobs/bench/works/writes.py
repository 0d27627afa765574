"""The write path alone: as many acknowledged ops a second as asked, over many boards, for a minute."""

from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run

ORDER = 8
TITLE = "write path, 100 boards, acked ops/s (store's lag, ms), both cores"
ONE_CORE = False


@dataclass(frozen=True, slots=True)
class Size:
    """How many boards with one editor each, and the ops a second of all together; it lasts so many times the usual."""

    boards: int = 100
    ops_per_second: int = 10_000
    times: float = 6


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Ops acknowledged a second, and how far the store is behind them."""
    rooms = await bench.stage.rooms(size.boards, members=1, draw=1)
    async with bench.opened(rooms):
        rate = size.ops_per_second / size.boards
        run = await bench.drawn(asdict(size), draw_rate=rate, seconds=bench.seconds * size.times, lag=True)
    run.figures["acked_per_second"] = round(len(run.ack) / run.seconds)
    run.figures["rank"] = -run.figures["acked_per_second"]
    return run


def told(run: Run) -> str:
    """For the table."""
    return f"{run.figures['acked_per_second']:,} ({run.lag.percentile(100):.0f})"
