"""Everybody moves a pointer and sees all others' pointers; some draw all the while."""

from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run

ORDER = 5
TITLE = "presence 200 x 10/s: delivered, p99 ms, cores"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """Who is in the room, how often each moves a second, and how many draw how often."""

    members: int = 200
    rate: float = 10
    editors: int = 10
    draw_rate: float = 5


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Pointers alone; then the times of ops without pointers and with them."""
    rooms = await bench.stage.rooms(1, members=size.members, draw=size.editors, move=size.members)
    async with bench.opened(rooms):
        run = await bench.drawn(asdict(size), draw_rate=0, move_rate=size.rate)
        drawing = await bench.drawn({}, draw_rate=size.draw_rate)
        both = await bench.drawn({}, draw_rate=size.draw_rate, move_rate=size.rate)
    asked = run.figures["moved"] * (size.members - 1)
    run.figures |= {
        "asked": asked,
        "delivered_share": run.figures["moves_delivered"] / asked if asked else 0,
        "positions_per_second": round(len(run.age) / run.seconds),
        "ops_seen_ms_without_presence": drawing.seen.numbers(),
        "ops_seen_ms_with_presence": both.seen.numbers(),
    }
    for each in (drawing, both):
        run.include(each)
    # A position may be left out for a newer one; the newest may not.
    run.faults.lost += run.figures["stale_positions"]
    run.figures["rank"] = run.age.percentile(99)
    return run


def told(run: Run) -> str:
    """For the table."""
    cores = sum(used for name, used in run.cores.items() if name != "load")
    return f"{run.figures['delivered_share']:.0%}, {run.age.percentile(99):.0f}, {cores:.0%}"
