"""A mixed day: drawing, pointers, people who come and go, boards made and renamed, all at once."""

import asyncio
import time
from dataclasses import asdict, dataclass

from jobs.bench.bench import LEAD_SECONDS, Bench, merged
from jobs.bench.load.times import Times
from jobs.bench.run import Run, tally
from jobs.bench.stage import shared_out

ORDER = 10
TITLE = "mixed day: ops p50 / p99 ms; decided p99; a visit's p99"
ONE_CORE = True


@dataclass(frozen=True, slots=True)
class Size:
    """Rates are a second: of each who draws and each who points, and of all visits and all actions together."""

    rooms: int = 20
    members: int = 10
    editors: int = 3
    draw_rate: float = 4
    move_rate: float = 5
    visit_rate: float = 10
    accounts: int = 40
    action_rate: float = 20


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Times of everything while everything else goes on."""
    run, stage, clients = Run(asdict(size), bench.seconds), bench.stage, len(bench.clients)
    rooms = await stage.rooms(size.rooms, members=size.members, draw=size.editors, move=size.members)
    accounts = await asyncio.gather(*(stage.account() for _ in range(size.accounts)))
    opening = [
        {"url": stage.url, "rooms": share, "accounts": accounts[n::clients], "compress": bench.compress}
        for n, share in enumerate(shared_out(rooms, clients))
    ]
    await bench.clients.order("day", "open", opening)
    words = {
        "begin_ns": time.monotonic_ns() + round(LEAD_SECONDS * 1e9),
        "warmup": bench.warmup,
        "seconds": bench.seconds,
        "draw_rate": size.draw_rate,
        "move_rate": size.move_rate,
        "visit_rate": size.visit_rate / clients,
        "action_rate": size.action_rate / clients,
    }
    living = asyncio.ensure_future(bench.clients.all("day", "draw", **words))
    await asyncio.sleep(LEAD_SECONDS + bench.warmup)
    async with bench.measured(run):
        await asyncio.sleep(bench.seconds)
    lived = await living
    drawn = [each["drawn"] for each in lived]
    acked, moves = merged(drawn)
    tally(run, drawn, await bench.clients.all("day", "finish", acked=acked, moves=moves))
    await bench.clients.all("day", "close")
    decided, visits = Times(), Times()
    for each in lived:
        run.include_faults(each["decided"])
        run.faults.refused += each["visits_failed"]
        visits.include(Times.read(each["visit"]))
        for way in ("rest", "socket"):
            decided.include(Times.read(each["decided"][way]))
    run.figures = {"decided": decided.numbers(), "visit": visits.numbers(), "visits": len(visits)}
    return run


def told(run: Run) -> str:
    """For the table."""
    ops = f"{run.seen.percentile(50):.1f} / {run.seen.percentile(99):.1f}"
    return f"{ops}; {run.figures['decided']['p99']:.0f}; {run.figures['visit']['p99']:.0f}"
