"""A load of people at work on some edges, and what they were told when it is quiet again."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from jobs.bench.stage import Stage
from jobs.chaos.aftermath import Aftermath
from jobs.chaos.breaking import Served
from jobs.chaos.editor import Editor, Shape, Timed, moved, untimed
from jobs.chaos.history import History, Seen, disagreeing
from jobs.chaos.observer import Observer
from jobs.chaos.renamer import PAUSE_SECONDS, Renamer
from topics.runtime.settings import Settings

QUIET_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Load:
    """How many people on how many boards; edits a second of each editor, what he draws, the pause before a new title."""

    boards: int = 3
    editors: int = 3
    observers: int = 2
    rate: float = 20.0
    shapes: Sequence[Shape] = (moved,)
    pause: float = PAUSE_SECONDS
    acks: Timed = untimed
    sights: Timed = untimed


@dataclass(frozen=True, slots=True)
class People:
    """Everybody of one run. `doors` are the addresses of edges: everybody goes on at the next one when his is gone."""

    editors: Sequence[Editor]
    observers: Sequence[Observer]
    renamers: Sequence[Renamer]
    history: History
    aftermath: Aftermath

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

    async def settle(self) -> History:
        """Have them stop, and wait until what is there agrees with what they were told, for a while at most."""
        for one in self.asking:
            one.stopping = True
        await _until(lambda: all(each.done for each in self.editors))
        self.history.seen = [each.seen for each in self.observers]
        deadline = time.monotonic() + QUIET_SECONDS
        while True:
            await self.aftermath.read(self.history, self.boards)
            if not disagreeing(self.history) or time.monotonic() > deadline:
                return self.history
            await asyncio.sleep(1)


@asynccontextmanager
async def at_work(doors: Sequence[str], load: Load, settings: Settings) -> AsyncIterator[People]:
    """People at work inside, on boards of their own; what breaks one of them is raised at the end.

    Args:
        doors: addresses of edges; the first serves all preparation and what is read in the end.
        load: how many people.
        settings: of who reads the log in the end.
    """
    since_ms, history = int(time.time() * 1000), History()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        stage = Stage(doors[0])
        owner = await stage.account()
        aftermath = Aftermath(http, doors[0], owner, since_ms, settings)
        editors: list[Editor] = []
        observers: list[Observer] = []
        renamers: list[Renamer] = []
        for place in range(load.boards):
            board_id = await stage.board(owner, f"Board {place}")
            guests = await stage.guests(owner, board_id, load.editors)
            editors += [
                Editor(
                    *(http, _from(doors, n), f"b{place}e{n}-{board_id[-6:]}", token, board_id, history, load.rate),
                    shape=load.shapes[n % len(load.shapes)],
                    timed=load.acks,
                )
                for n, token in enumerate(guests)
            ]
            observers += [
                Observer(http, _from(doors, n), owner, Seen(board_id), history, load.sights)
                for n in range(load.observers)
            ]
            renamers.append(Renamer(http, _from(doors, place), owner, board_id, history, load.pause))
        people = People(editors, observers, renamers, history, aftermath)
        async with _living(people):
            yield people


def _from(doors: Sequence[str], place: int) -> Sequence[str]:
    """The doors in the order in which somebody tries them: not everybody begins at the same one."""
    first = place % len(doors)
    return [*doors[first:], *doors[:first]]


@asynccontextmanager
async def _living(people: People) -> AsyncIterator[None]:
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
