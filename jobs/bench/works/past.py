"""The past of a board: how soon after an op its state can be asked for, and how long any moment takes."""

import random
import time
from dataclasses import asdict, dataclass
from typing import Any

from jobs.bench.bench import Bench
from jobs.bench.load.times import Times
from jobs.bench.load.web import Web
from jobs.bench.run import Run
from jobs.rectangle import element

ORDER = 12
TITLE = "a board as of an op, p50 / p95 ms: right after the op; any op of the board's life"
ONE_CORE = False
UNAVAILABLE, TRIES = 503, 10
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How many ops the board has in the end, in how many elements; how many moments are asked for."""

    ops: int = 500
    elements: int = 100
    asked: int = 40


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Draws by requests, one after the other; of each state that is read, the op's own element must be as it was then."""
    run, chance = Run(asdict(size)), random.Random(1)
    owner = await bench.stage.account()
    board = await bench.stage.board(owner)
    web = Web(bench.deployment.url, owner, gzip=True)
    fresh, any_moment = Times(), Times()
    shapes = [element() for _ in range(size.elements)]
    life: list[tuple[str, Json]] = []
    try:
        async with bench.measured(run):
            for number in range(size.ops):
                place = number % size.elements
                shapes[place] = {**shapes[place], "version": shapes[place]["version"] + 1, "x": number}
                drawn = await web.call("POST", f"/api/boards/{board}/elements", {"elements": [shapes[place]]})
                run.sent, run.acked = run.sent + 1, run.acked + 1
                life.append((drawn["position"], shapes[place]))
                if number % max(1, size.ops // size.asked) == 0:
                    await _look(web, board, life[-1], fresh, run)
            for _ in range(size.asked):
                await _look(web, board, chance.choice(life), any_moment, run)
    finally:
        web.close()
    run.figures = {"fresh_ms": fresh.numbers(), "any_ms": any_moment.numbers(), "rank": any_moment.percentile(95)}
    return run


def told(run: Run) -> str:
    """For the table."""
    return "; ".join(
        f"{run.figures[name]['p50']:.0f} / {run.figures[name]['p95']:.0f}" for name in ("fresh_ms", "any_ms")
    )


async def _look(web: Web, board: str, moment: tuple[str, Json], times: Times, run: Run) -> None:
    position, drawn = moment
    begun = time.monotonic_ns()
    for _ in range(TRIES):
        answer = await web.request("GET", f"/api/boards/{board}/elements?at={position}")
        if answer.status != UNAVAILABLE:
            break
    times.add((time.monotonic_ns() - begun) // 1000)
    run.expected += 1
    content = answer.json()
    held = {each["id"]: each["version"] for each in content.get("elements", ())}
    if answer.status != 200:
        run.faults.refused += 1
    elif held.get(drawn["id"]) != drawn["version"]:
        run.faults.lost += 1
    else:
        run.delivered += 1
