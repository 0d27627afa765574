"""One who draws, a thousand who watch."""

from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run
from jobs.bench.works import room

ORDER = 4
TITLE = "1,000 viewers, one writer x 10/s, p50 / p99 ms"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """How many watch, and how often the one draws a second."""

    viewers: int = 1000
    rate: float = 10


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Times from sending to the eyes of all."""
    rooms = await bench.stage.rooms(1, members=size.viewers + 1, draw=1)
    async with bench.opened(rooms):
        return await bench.drawn(asdict(size), draw_rate=size.rate)


told = room.told
