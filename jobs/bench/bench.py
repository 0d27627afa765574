"""One bench: a deployment, load processes, and how a measurement of rooms is taken with them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass

from jobs.bench import accounting
from jobs.bench.clients import Clients, Json
from jobs.bench.deployment import Deployment
from jobs.bench.flames import Flames
from jobs.bench.run import Run, tally
from jobs.bench.stage import Room, Stage, shared_out

LEAD_SECONDS = 0.3
CLIENT, BENCH = "load", "bench"


@dataclass(frozen=True, slots=True)
class Bench:
    """What a work is given. `seconds` is how long it measures, `warmup` how long it works before that, `sockets` how many idle ones."""

    deployment: Deployment
    clients: Clients
    seconds: float = 10.0
    warmup: float = 2.0
    compress: bool = False
    sockets: int = 2000
    flames: Flames | None = None

    @property
    def stage(self) -> Stage:
        """Where people and boards are made: take it once per work, it bounds what is made at a time."""
        return Stage(self.deployment.url)

    @asynccontextmanager
    async def measured(self, run: Run) -> AsyncIterator[None]:
        """Note in `run` what the body costs each process, and the memory at its end."""
        before = accounting.read(self._named())
        async with self.flames.drawn(self.deployment.processes()) if self.flames else nullcontext():
            yield
            run.costs(before, accounting.read(self._named()))
            run.memory = self.memory()

    def memory(self) -> dict[str, int]:
        """What the parts of the product hold."""
        return accounting.memory(self.deployment.processes())

    def _named(self) -> dict[str, list[int]]:
        named = {name: list(pids) for name, pids in self.deployment.processes().items()}
        return named | {CLIENT: self.clients.pids}

    @asynccontextmanager
    async def opened(self, rooms: Sequence[Room]) -> AsyncIterator[None]:
        """Everybody is in their rooms inside."""
        shares = shared_out(list(rooms), len(self.clients))
        url = self.deployment.url
        words = [{"url": url, "rooms": share, "compress": self.compress} for share in shares]
        await self.clients.order("rooms", "open", words)
        try:
            yield
        finally:
            await self.clients.all("rooms", "close")

    async def drawn(
        self,
        load: Json,
        *,
        draw_rate: float,
        move_rate: float = 0,
        seconds: float | None = None,
        warmup: float | None = None,
        lag: bool = False,
    ) -> Run:
        """Measure the people who are `opened`: each that draws and each that moves does so as often a second."""
        seconds, warmup = seconds or self.seconds, self.warmup if warmup is None else warmup
        run = Run(load, seconds)
        topic = self.deployment.topic_bytes("boards.ops")
        begin = time.monotonic_ns() + round(LEAD_SECONDS * 1e9)
        words = {"begin_ns": begin, "warmup": warmup, "seconds": seconds, "draw_rate": draw_rate}
        drawing = asyncio.ensure_future(self.clients.all("rooms", "draw", **words, move_rate=move_rate, lag=lag))
        await asyncio.sleep(LEAD_SECONDS + warmup)
        async with self.measured(run):
            await asyncio.sleep(seconds)
        run.seconds = seconds
        drawn = await drawing
        acked, moves = merged(drawn)
        parts = await self.clients.all("rooms", "finish", acked=acked, moves=moves)
        tally(run, drawn, parts)
        if moves:
            run.figures["moved"] = sum(part["moved"] for part in drawn)
            run.figures["moves_delivered"] = sum(part["moves_delivered"] for part in parts)
            run.figures["stale_positions"] = sum(part["stale_positions"] for part in parts)
        after = self.deployment.topic_bytes("boards.ops")
        run.log_bytes = None if topic is None or after is None else after - topic
        return run


def merged(drawn: Sequence[Json]) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """What all load processes together had acknowledged, by room, and the last move of each mover there."""
    acked: dict[str, int] = {}
    moves: dict[str, dict[str, int]] = {}
    for part in drawn:
        for board, count in part["acked"].items():
            acked[board] = acked.get(board, 0) + count
        for board, last in part["moves"].items():
            moves.setdefault(board, {}).update(last)
    return acked, moves
