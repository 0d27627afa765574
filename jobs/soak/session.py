"""One soak: a product of its own, people and strangers at its edge, a look every few seconds, and the judgement."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from compose.embedded import ports
from compose.embedded.progress import silent
from compose.product import Product
from edge.settings import EdgeSettings
from jobs.bench.stage import Stage
from jobs.chaos.editor import moved
from jobs.chaos.people import Load, at_work
from jobs.chaos.table import Verdict, judged
from jobs.soak import watching
from jobs.soak.deaf import Room
from jobs.soak.guests import Guests, again, stroke
from jobs.soak.samples import Sample, written
from jobs.soak.strangers import Strangers
from jobs.soak.told import Told
from topics.runtime.settings import Settings

# The limits stay as they are delivered: they are what is tried. A token lasts as long as the soak.
SETTINGS = {"DOSKA_ACCESS_TOKEN_SECONDS": "14400", "DOSKA_LOG_LEVEL": "warning"}
# A machine that is busy with other things is no reason not to begin.
START_SECONDS = 300.0
AGAIN_SECONDS = 1.0
# Every so many looks also lag and disk, which cost more to ask.
SELDOM = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how much of everything, how often it is looked; `haste` divides the time between what strangers do."""

    seconds: float
    boards: int = 3
    editors: int = 3
    rate: float = 2.0
    strangers: int = 10
    every_seconds: float = 5.0
    haste: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak showed."""

    samples: list[Sample]
    verdict: Verdict
    told: Told


class Watch:
    """Takes samples of a product; each goes to `keep` as a line at once: a soak that is cut short has told what it saw."""

    def __init__(
        self, product: Product, operations: str, directory: Path, told: Told, keep: Callable[[str], None]
    ) -> None:
        self.samples: list[Sample] = []
        self._product, self._operations, self._directory = product, operations, directory
        self._told, self._keep = told, keep
        self._begun = time.monotonic()
        self._closed: dict[str, int] = {}

    def cut(self) -> int:
        """How many sockets the edge has closed as too slow."""
        return self._closed.get("4450", 0)

    async def run(self, every_seconds: float) -> None:
        """Look until cancelled."""
        while True:
            await self.look(seldom=len(self.samples) % SELDOM == 0)
            await asyncio.sleep(every_seconds)

    async def look(self, *, seldom: bool) -> None:
        """Take one sample."""
        held = await asyncio.to_thread(watching.held, self._product.pids())
        sockets, closed = watching.sockets(await self._metrics())
        self._closed = closed or self._closed
        lag = await watching.lag(Settings()) if seldom else {}
        disk = await asyncio.to_thread(watching.disk, self._directory) if seldom else {}
        at = round(time.monotonic() - self._begun, 1)
        counts = dict(self._told.counts)
        sample = Sample(at, held, self._told.taken(), counts, self._closed, sockets, lag, disk)
        self.samples.append(sample)
        self._keep(written(sample))

    async def _metrics(self) -> str:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
                http.get(f"{self._operations}/metrics") as answer,
            ):
                return await answer.text()
        return ""


async def run(plan: Plan, tell: Callable[[str], None], keep: Callable[[str], None]) -> Outcome:
    """Play it. Raises what breaks the load itself."""
    directory = Path(tempfile.mkdtemp(prefix="doska-soak-"))
    os.environ.update({name: os.environ.get(name, value) for name, value in SETTINGS.items()})
    os.environ["DOSKA_DATA_DIR"] = str(directory)
    operations = ports.free(["operations"])["operations"]
    product = Product(
        EdgeSettings(port=0, public_url="", operations_port=operations, edge_workers=1),
        silent,
        with_client=False,
        start_seconds=START_SECONDS,
    )
    good = False
    try:
        tell("starting the product …")
        await product.start()
        async with product.kept():
            told = Told()
            watch = Watch(product, f"http://127.0.0.1:{operations}", directory, told, keep)
            verdict = await _play(product, plan, told, watch, tell)
        good = verdict.good
        return Outcome(watch.samples, verdict, told)
    finally:
        await product.stop()
        if good:
            with suppress(OSError):
                shutil.rmtree(directory)
        else:
            tell(f"the logs and the data are in {directory}")


async def _play(product: Product, plan: Plan, told: Told, watch: Watch, tell: Callable[[str], None]) -> Verdict:
    door = product.address.replace("localhost", "127.0.0.1")
    load = Load(
        *(plan.boards, plan.editors, 2, plan.rate),
        shapes=(moved, moved, stroke),
        pause=1.0,
        acks=told.timed("ack"),
        sights=told.timed("seen"),
    )
    async with at_work([door], load, Settings()) as people:
        others = await _others(door, plan, told, watch)
        async with living([*others, watch.run(plan.every_seconds)]):
            for minute in range(max(1, round(plan.seconds / 60))):
                await asyncio.sleep(min(60.0, plan.seconds))
                tell(f"minute {minute + 1}: {len(people.history.acked):,} edits acknowledged")
        tell("quiet …")
        history = await people.settle()
        await watch.look(seldom=True)
    return judged(0, [], history)


async def _others(door: str, plan: Plan, told: Told, watch: Watch) -> list[Coroutine[Any, Any, None]]:
    """What everybody else does, again and again."""
    stage = Stage(door)
    owner = await stage.account()
    board, noisy = await stage.board(owner, "Guests"), await stage.board(owner, "Large things")
    tokens = [*await stage.guests(owner, board, 3), *await stage.guests(owner, noisy, 1)]
    guests = [Guests(door, token, board, told) for token in tokens[:2]]
    strangers = Strangers(door, tokens[2], board, plan.strangers, told)
    deaf = Room(door, tokens[3], noisy, 3, told, watch.cut)
    haste = plan.haste
    return [
        *(again(each.pen, "pen", 1, told) for each in guests),
        again(guests[0].visit, "visit", 2, told),
        again(guests[1].past, "past", 10, told),
        again(guests[1].picture, "picture", 30, told),
        again(strangers.slow, "slow", 60 / haste, told),
        again(strangers.silent, "silent", 60 / haste, told),
        again(strangers.large, "large", 45 / haste, told),
        again(strangers.flood, "flood", 40 / haste, told),
        again(strangers.chatter, "chatter", 90 / haste, told),
        again(strangers.storm, "storm", 70 / haste, told),
        again(deaf.round, "deaf", 120 / haste, told),
    ]


@asynccontextmanager
async def living(works: list[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """All of them inside; what breaks one is raised at the end."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        outcomes = await _ended(tasks)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> list[BaseException | None]:
    """Cancel them until all have ended: `asyncio.wait_for` of Python 3.11 may keep a cancellation to itself."""
    pending: set[asyncio.Task[None]] = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    return await asyncio.gather(*tasks, return_exceptions=True)
