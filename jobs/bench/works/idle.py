"""Sockets that do nothing: what the edge keeps for each."""

import asyncio
import time
from dataclasses import asdict, dataclass

from jobs.bench.bench import Bench
from jobs.bench.run import Run

ORDER = 6
TITLE = "idle socket, KiB of the edge's memory: greeted (in rooms of 50)"
ONE_CORE = True
PEOPLE_PER_ROOM = 50
# Opened and closed before: what an edge needs once, for the first sockets, is not theirs.
FIRST = 100
REST_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many sockets."""

    sockets: int = 2000


async def measure(bench: Bench, size: Size | None = None) -> Run:
    """Memory of the edge before, with sockets that said hello, and with the same in rooms; how long each took them all."""
    size = size or Size(bench.sockets)
    run = Run(asdict(size))
    stage = bench.stage
    owner = await stage.account()
    boards = [await stage.board(owner) for _ in range(-(-size.sockets // PEOPLE_PER_ROOM))]
    tokens = await asyncio.gather(*(stage.guests(owner, board, 1) for board in boards))
    rooms = [(board, found[0]) for board, found in zip(boards, tokens, strict=True)]
    people = [{"board": board, "token": token} for board, token in rooms for _ in range(PEOPLE_PER_ROOM)]
    await _open(bench, people[: min(FIRST, size.sockets)])
    await bench.clients.all("idling", "close")
    held = [await _rested(bench)]
    try:
        begun = time.monotonic()
        await _open(bench, people[: size.sockets])
        run.figures["connected_seconds"] = round(time.monotonic() - begun, 1)
        held.append(await _rested(bench))
        begun = time.monotonic()
        await bench.clients.all("idling", "join")
        run.figures["joined_seconds"] = round(time.monotonic() - begun, 1)
        held.append(await _rested(bench))
        async with bench.measured(run):
            await asyncio.sleep(bench.seconds)
        alive = sum(each["alive"] for each in await bench.clients.all("idling", "alive"))
        run.faults.closed += size.sockets - alive
    finally:
        await bench.clients.all("idling", "close")
    run.expected, run.delivered = size.sockets, alive
    if all(held):
        bare, greeted, joined = held
        run.figures["greeted_kib"] = round((greeted - bare) / 1024 / size.sockets, 2)
        run.figures["in_rooms_kib"] = round((joined - bare) / 1024 / size.sockets, 2)
        run.figures["rank"] = run.figures["in_rooms_kib"]
    return run


def told(run: Run) -> str:
    """For the table."""
    if "greeted_kib" not in run.figures:
        return "-"
    return f"{run.figures['greeted_kib']:.1f} ({run.figures['in_rooms_kib']:.1f})"


async def _open(bench: Bench, people: list[dict[str, str]]) -> None:
    each = [
        {"url": bench.deployment.url, "people": people[n :: len(bench.clients)], "compress": bench.compress}
        for n in range(len(bench.clients))
    ]
    await bench.clients.order("idling", "open", each)


async def _rested(bench: Bench) -> int:
    """The edge's memory once everything that the last step began is done."""
    await asyncio.sleep(min(REST_SECONDS, bench.seconds))
    return bench.memory().get("edge", 0)
