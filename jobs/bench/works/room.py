"""One room: some draw, all receive."""

from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run

ORDER = 1
TITLE = "room of 50, 20 editors x 10/s, p50 / p99 ms"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """How many people, and how often each editor draws a second."""

    members: int = 50
    editors: int = 20
    rate: float = 10


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Times from sending to acknowledgement and to everybody's eyes."""
    rooms = await bench.stage.rooms(1, members=size.members, draw=size.editors)
    async with bench.opened(rooms):
        return await bench.drawn(asdict(size), draw_rate=size.rate)


def told(run: Run) -> str:
    """For the table."""
    return f"{run.seen.percentile(50):.1f} / {run.seen.percentile(99):.1f}"
