"""How cost grows: the same work at four sizes, each twice the one before or more, along four axes."""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from jobs.bench.bench import Bench
from jobs.bench.run import Run
from jobs.bench.works import joins, room, rooms, viewers

ORDER = 11
TITLE = "growth of the product's time with viewers, boards, ops, board size (1 = in proportion)"
ONE_CORE = True
LOAD = "load"


@dataclass(frozen=True, slots=True)
class Size:
    """The points of each axis; each is measured for a part of the usual seconds."""

    viewers: Sequence[int] = (125, 250, 500, 1000)
    boards: Sequence[int] = (25, 50, 100, 200)
    ops: Sequence[int] = (50, 200, 800, 3200)
    board_bytes: Sequence[int] = (50_000, 200_000, 800_000, 3_200_000)
    editors: int = 20
    joins: int = 50
    part: float = 0.5


async def measure(bench: Bench, size: Size = Size()) -> Run:
    """Seconds of processor time a second (of a join: all of it) at each point."""
    shorter = replace(bench, seconds=max(1.0, bench.seconds * size.part))
    whole = Run({"axes": ["viewers", "boards", "ops", "board_bytes"]})
    await _axis(whole, "viewers", size.viewers, lambda n: viewers.measure(shorter, viewers.Size(viewers=n)))
    await _axis(whole, "boards", size.boards, lambda n: rooms.measure(shorter, rooms.Size(rooms=n)))
    await _axis(
        whole,
        "ops",
        size.ops,
        lambda n: room.measure(shorter, room.Size(editors=size.editors, rate=n / size.editors)),
    )
    await _axis(
        whole,
        "board_bytes",
        size.board_bytes,
        lambda n: joins.measure(shorter, joins.Size(joins=size.joins, state_bytes=n)),
    )
    return whole


def told(run: Run) -> str:
    """For the table."""
    return ", ".join(f"{axis} {run.figures[axis]['exponent']:.2f}" for axis in run.load["axes"])


async def _axis(whole: Run, name: str, points: Sequence[int], measure: Callable[[int], Awaitable[Run]]) -> None:
    rows = []
    for point in points:
        run = await measure(point)
        whole.include(run)
        used = sum(cores for process, cores in run.cores.items() if process != LOAD)
        rows.append(
            {
                name: point,
                "cpu_seconds": round(used * (run.seconds if name == "board_bytes" else 1), 4),
                "seen_p99": run.seen.percentile(99),
                "edge_mb": round(run.memory.get("edge", 0) / 1e6, 1),
                **({"joined": run.figures["joined_ms"]} if "joined_ms" in run.figures else {}),
            }
        )
    whole.figures[name] = {"points": rows, "exponent": _exponent(rows, name)}


def _exponent(rows: Sequence[dict[str, float]], name: str) -> float:
    """Of cost between the last two points: what is needed once weighs least there."""
    earlier, last = rows[-2], rows[-1]
    if not earlier["cpu_seconds"] or not last["cpu_seconds"]:
        return 0.0
    return math.log(last["cpu_seconds"] / earlier["cpu_seconds"]) / math.log(last[name] / earlier[name])
