"""One seed: a load on a product of its own, faults, quiet, and the judgement."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from compose.product import Product
from jobs.bench.stage import Stage
from jobs.chaos.aftermath import Aftermath
from jobs.chaos.breaking import Served, carry_out
from jobs.chaos.editor import Editor
from jobs.chaos.history import History, Seen, disagreeing
from jobs.chaos.observer import Observer
from jobs.chaos.plan import Plan
from jobs.chaos.renamer import Renamer
from jobs.chaos.table import Verdict, judged

QUIET_SECONDS = 90.0
LEAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    """How many people on how many boards; edits a second of each editor."""

    boards: int = 3
    editors: int = 3
    observers: int = 2
    rate: float = 20.0


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of one run."""

    editors: Sequence[Editor]
    observers: Sequence[Observer]
    renamers: Sequence[Renamer]

    @property
    def boards(self) -> list[str]:
        """All of theirs."""
        return sorted({each.board_id for each in self.editors})

    @property
    def asking(self) -> Sequence[Editor | Renamer]:
        """Who wants something."""
        return [*self.editors, *self.renamers]

    def acked(self) -> float:
        """When the newest acknowledged edit was sent; of the board that is served worst."""
        boards: dict[str, float] = {}
        for each in self.editors:
            boards[each.board_id] = max(boards.get(each.board_id, 0.0), each.newest_acked)
        return min(boards.values())

    def served(self) -> Served:
        """For who breaks things."""
        return {
            "acked": self.acked,
            "shown": lambda: min(each.newest_seen for each in self.observers),
            "decided": lambda: min(each.newest_accepted for each in self.renamers),
        }


async def run(product: Product, plan: Plan, load: Load, tell: Callable[[str], None]) -> Verdict:
    """Play one seed against a running product that is kept. Raises what breaks the load itself."""
    door, since_ms, history = product.address.replace("localhost", "127.0.0.1"), int(time.time() * 1000), History()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        people, owner = await _people(http, door, load, history)
        async with _living(people):
            await asyncio.sleep(LEAD_SECONDS)
            broken = await carry_out(plan.faults(product.pids()), product.pids, people.served(), tell)
            for one in people.asking:
                one.stopping = True
            await _until(lambda: all(each.done for each in people.editors))
            history.seen = [each.seen for each in people.observers]
            aftermath = Aftermath(http, door, owner, since_ms)
            deadline = time.monotonic() + QUIET_SECONDS
            while True:
                await aftermath.read(history, people.boards)
                if not disagreeing(history) or time.monotonic() > deadline:
                    break
                await asyncio.sleep(1)
    return judged(plan.seed, broken, history)


async def _people(http: aiohttp.ClientSession, door: str, load: Load, history: History) -> tuple[People, str]:
    stage = Stage(door)
    owner = await stage.account()
    boards = [await stage.board(owner, f"Board {number}") for number in range(load.boards)]
    editors: list[Editor] = []
    observers: list[Observer] = []
    renamers: list[Renamer] = []
    for place, board_id in enumerate(boards):
        guests = await stage.guests(owner, board_id, load.editors)
        editors += [
            Editor(http, [door], f"b{place}e{number}-{board_id[-6:]}", token, board_id, history, load.rate)
            for number, token in enumerate(guests)
        ]
        observers += [Observer(http, [door], owner, Seen(board_id), history) for _ in range(load.observers)]
        renamers.append(Renamer(http, [door], owner, board_id, history))
    return People(editors, observers, renamers), owner


@asynccontextmanager
async def _living(people: People) -> AsyncIterator[None]:
    """Everybody at work inside; what breaks one of them is raised at the end."""
    everybody: list[Editor | Renamer | Observer] = [*people.asking, *people.observers]
    working = [asyncio.create_task(each.run()) for each in everybody]
    try:
        yield
    finally:
        for task in working:
            task.cancel()
        outcomes = await asyncio.gather(*working, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        await asyncio.sleep(0.1)
