"""Many small rooms, one editor in each."""

from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run
from jobs.bench.works import room

ORDER = 2
TITLE = "100 rooms x 5, p50 / p99 ms"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """How many rooms, who is in each, and how often the editors draw a second."""

    rooms: int = 100
    members: int = 5
    editors: int = 1
    rate: float = 5


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Times from sending to acknowledgement and to everybody's eyes."""
    rooms = await bench.stage.rooms(size.rooms, members=size.members, draw=size.editors)
    async with bench.opened(rooms):
        return await bench.drawn(asdict(size), draw_rate=size.rate)


told = room.told
