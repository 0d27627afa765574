"""Single elements as they are stored, no older than a place of the log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import asyncpg
import orjson

from edge.rooms.contained import TOPIC, Contained
from topics.rooms.mark import Mark
from topics.runtime.away import POSTGRES_AWAY

Element: TypeAlias = Mapping[str, Any]

WAIT_SECONDS = 5.0
# One statement sees one state of the database: the checkpoint belongs to the elements.
READ = """
select (select next from board_store.checkpoints_v1 where topic = $3 and partition = $4 and generation = $5) as next,
       (select array_agg(body) from board_store.elements_v1 where board_id = $1 and id = any($2)) as bodies
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store holds of the elements that were asked for, by id; all ops before the offset `next` are in it."""

    elements: Mapping[str, Element]
    next: int


class StoredElements(Protocol):
    """Where single elements are read."""

    async def read(self, board_id: str, ids: Collection[str], wanted: Mark) -> Stored | None:
        """The elements once everything before `wanted` is stored; None when that cannot be had now."""
        ...


class PostgresElements:
    """Reads what board_store keeps."""

    def __init__(self, pool: asyncpg.Pool, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._pool = pool
        self._contained = Contained(pool)
        self._wait_seconds = wait_seconds

    async def read(self, board_id: str, ids: Collection[str], wanted: Mark) -> Stored | None:
        """See `StoredElements`."""
        if not await self._contained.wait(wanted, self._wait_seconds):
            return None
        try:
            row = await self._pool.fetchrow(READ, board_id, list(ids), TOPIC, wanted.partition, wanted.generation)
        except POSTGRES_AWAY:
            return None
        elements = [orjson.loads(body) for body in row["bodies"] or ()]
        return Stored({element["id"]: element for element in elements}, int(row["next"]))
