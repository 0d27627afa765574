"""Many people open the same large board at the same moment, while somebody draws on it."""

import asyncio
import time
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from jobs.bench.bench import LEAD_SECONDS, Bench
from jobs.bench.load.times import Times
from jobs.bench.run import Run
from jobs.rectangle import element

ORDER = 7
TITLE = "500 joins, each with 1 MB of state: until the last is in, from connecting on"
ONE_CORE = True
ELEMENTS_PER_OP = 500
# People who open a board twice are as good as two: what is cached is cached for all.
PEOPLE = 250


@dataclass(frozen=True, slots=True)
class Size:
    """How many come, how large the board is, and how often somebody draws meanwhile."""

    joins: int = 500
    state_bytes: int = 1_000_000
    draw_rate: float = 10


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Each newcomer connects, greets, reads the elements and joins since their cursor; the last one counts."""
    run, stage = Run(asdict(size)), bench.stage
    owner = await stage.account()
    board = await stage.board(owner)
    elements = await _fill(bench, owner, board, size.state_bytes)
    tokens = await stage.guests(owner, board, min(size.joins, PEOPLE))
    url, clients = bench.deployment.url, len(bench.clients)
    opening = [
        {"url": url, "board": board, "writer": owner if n == 0 else None, "compress": bench.compress}
        for n in range(clients)
    ]
    await bench.clients.order("joining", "open", opening)
    people = [tokens[n % len(tokens)] for n in range(size.joins)]
    begin_ns = time.monotonic_ns() + round(LEAD_SECONDS * 1e9)
    storm = {"begin_ns": begin_ns, "draw_rate": size.draw_rate, "draw_seconds": min(5.0, bench.seconds)}
    storming = asyncio.ensure_future(
        bench.clients.order("joining", "storm", [{**storm, "tokens": people[n::clients]} for n in range(clients)])
    )
    await asyncio.sleep(LEAD_SECONDS)
    async with bench.measured(run):
        came = await storming
    acked = [identifier for each in came for identifier in each["acked"]]
    parts = await bench.clients.all("joining", "finish", acked=acked, elements=elements)
    times = {name: Times() for name in ("greeted", "read", "joined")}
    for part in parts:
        run.include_faults(part)
        for name, whole in times.items():
            whole.include(Times.read(part[name]))
    run.expected, run.delivered = size.joins, len(times["joined"])
    run.figures = {f"{name}_ms": whole.numbers() for name, whole in times.items()}
    run.figures |= {
        "last_joined_seconds": times["joined"].percentile(100) / 1000,
        "snapshot_wire_bytes_each": round(sum(part["snapshot_bytes"] for part in parts) / max(1, run.delivered)),
        "elements": elements,
        "failed": [text for each in came for text in each["failed"]],
        "rank": times["joined"].percentile(100),
    }
    return run


def told(run: Run) -> str:
    """For the table."""
    return f"{run.figures['last_joined_seconds']:.1f} s"


async def _fill(bench: Bench, owner: str, board: str, size: int) -> int:
    """Draw so many bytes of rectangles, no two alike; how many that were."""
    drawn, left, position = 0, size, None
    while left > 0:
        batch: list[dict[str, Any]] = []
        while left > 0 and len(batch) < ELEMENTS_PER_OP:
            place = drawn + len(batch)
            batch.append(
                element(x=place % 97 * 131.5, y=place // 97 * 87.25, width=80 + place % 61, seed=place * 7919 + 1)
            )
            left -= len(orjson.dumps(batch[-1]))
        path = f"/api/boards/{board}/elements"
        position = (await bench.stage.call(owner, "POST", path, {"elements": batch}))["position"]
        drawn += len(batch)
    await bench.stage.call(owner, "GET", f"/api/boards/{board}/elements?min_position={position}")
    return drawn
