"""Waiting until the store of elements contains a place of the log."""

import asyncio
from collections.abc import Mapping

import asyncpg

from topics.bus.message import Position
from topics.rooms.mark import Mark
from topics.runtime.away import POSTGRES_AWAY

ASK_SECONDS = 0.015
TOPIC = "boards.ops"
CHECKPOINTS = "select partition, generation, next from board_store.checkpoints_v1 where topic = $1"


def mark_after(position: Position) -> Mark:
    """How far the log goes once the position is contained."""
    return Mark(position.generation, position.partition, position.offset + 1)


class Contained:
    """Asks for the store's checkpoints, once for everybody who waits."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._asking: asyncio.Task[Mapping[int, Mark]] | None = None

    async def wait(self, wanted: Mark, seconds: float) -> bool:
        """Wait until everything before the mark is stored; False when it was not in time, or PostgreSQL is away."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            try:
                stored = (await self._checkpoints()).get(wanted.partition)
            except POSTGRES_AWAY:
                stored = None
            if _contains(stored, wanted):
                return True
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(ASK_SECONDS)

    async def _checkpoints(self) -> Mapping[int, Mark]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="checkpoints")
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Mapping[int, Mark]:
        rows = await self._pool.fetch(CHECKPOINTS, TOPIC)
        return {row["partition"]: Mark(row["generation"], row["partition"], row["next"]) for row in rows}


def _contains(stored: Mark | None, wanted: Mark) -> bool:
    if wanted.next <= 0:
        return True
    return stored is not None and stored.generation == wanted.generation and stored.next >= wanted.next
