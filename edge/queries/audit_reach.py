"""Waits until the audit holds what the log held when it was asked: who did something sees it there at once."""

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncpg

from edge.queries.reading import rows
from topics.bus.ends import Ends
from topics.bus.generations import Generation
from topics.errors import Unavailable

TOPICS: Final = ("workspaces.facts", "boards.facts")
ASK_SECONDS: Final = 0.02
# The audit is a consumer like any other: when it is behind, what it has is shown.
LONGEST_SECONDS: Final = 5.0
CHECKPOINTS: Final = "select topic, partition, generation, next from audit_log.checkpoints_v1 where topic = any($1)"

Places = Mapping[tuple[str, int], tuple[str, int]]


class AuditReach:
    """How far the audit has read, against how far the log goes."""

    def __init__(self, pool: asyncpg.Pool, ends: Ends, generations: Mapping[str, Generation]) -> None:
        self._pool = pool
        self._ends = ends
        self._generations = {topic: generations[topic] for topic in TOPICS}

    async def wait(self) -> bool:
        """Whether it holds all that the log holds now; it is waited for, but not for long. Raises `ApiError`."""
        try:
            wanted = await self._log()
        except Unavailable:
            return False
        deadline = asyncio.get_running_loop().time() + LONGEST_SECONDS
        while not contains(await self._read(), wanted):
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(ASK_SECONDS)
        return True

    async def _log(self) -> Places:
        return {
            (topic, partition): (life.generation, (await self._ends.of(topic, partition))[1])
            for topic, life in self._generations.items()
            for partition in range(life.partitions)
        }

    async def _read(self) -> Places:
        found = await rows(self._pool, CHECKPOINTS, list(TOPICS))
        return {(each["topic"], each["partition"]): (each["generation"], each["next"]) for each in found}


def contains(read: Places, wanted: Places) -> bool:
    """Whether everything before the wanted places was read, in the same life of each topic."""
    return all(
        following == 0 or ((at := read.get(place)) is not None and at[0] == generation and at[1] >= following)
        for place, (generation, following) in wanted.items()
    )
