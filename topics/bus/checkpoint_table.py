"""Checkpoints in the PostgreSQL schema of a consumer, moved in the transaction of the effect."""

from collections.abc import Collection, Mapping
from typing import TypeAlias

import asyncpg

from topics.bus.generations import Generation
from topics.bus.places import mismatch
from topics.errors import Halt
from topics.runtime.away import postgres_or_retry

# By topic and partition: its generation and the next offset to read.
Reached: TypeAlias = Mapping[tuple[str, int], tuple[str, int]]


def reached(generations: Mapping[str, Generation], following: Mapping[tuple[str, int], int]) -> Reached:
    """Where reading stands after a batch, with the generations of the topics."""
    return {
        (topic, partition): (generations[topic].generation, offset) for (topic, partition), offset in following.items()
    }


class CheckpointTable:
    """The table `checkpoints (topic, partition, generation, next)` of a consumer: what `Checkpoints` asks for.

    Args:
        pool: connections as the consumer's role, for `load`.
        schema: the consumer's.
    """

    def __init__(self, pool: asyncpg.Pool, schema: str) -> None:
        self._pool = pool
        self._load = f"select generation, next from {schema}.checkpoints where topic = $1 and partition = $2"  # noqa: S608 - a name of ours
        self._claim = f"""
insert into {schema}.checkpoints (topic, partition, generation, next)
select topic, partition, generation, 0 from unnest($1::text[], $2::integer[], $3::text[]) as t (topic, partition, generation)
on conflict (topic, partition) do nothing
"""  # noqa: S608 - the same
        self._lock = f"""
select c.topic, c.partition, c.generation, c.next
  from {schema}.checkpoints as c join unnest($1::text[], $2::integer[]) as t (topic, partition) using (topic, partition)
 order by c.topic, c.partition for update of c
"""  # noqa: S608 - the same
        # A former owner that was paused may come late with less: a checkpoint never goes back.
        self._move = f"""
insert into {schema}.checkpoints as c (topic, partition, generation, next)
select * from unnest($1::text[], $2::integer[], $3::text[], $4::bigint[])
on conflict (topic, partition) do update set generation = excluded.generation, next = excluded.next
 where c.generation <> excluded.generation or c.next < excluded.next
"""  # noqa: S608 - the same

    async def load(self, topic: str, partition: int, generation: str) -> int | None:
        """The next offset to read. Raises Halt when the checkpoint is of another life of the topic, Retry when away."""
        with postgres_or_retry():
            held = await self._pool.fetchrow(self._load, topic, partition)
        if held is None:
            return None
        if held["generation"] != generation:
            raise Halt(mismatch(topic, partition, held["generation"], generation))
        return int(held["next"])

    async def claim(self, connection: asyncpg.Connection, ends: Reached) -> None:
        """Make the rows that are not there yet, so that there is something to lock."""
        if ends:
            topics, partitions, generations, _ = columns(ends)
            await connection.execute(self._claim, topics, partitions, generations)

    async def lock(self, connection: asyncpg.Connection, places: Collection[tuple[str, int]]) -> Reached:
        """What the rows say, in the order of places; nobody else can move them until the transaction ends."""
        if not places:
            return {}
        found = await connection.fetch(self._lock, *map(list, zip(*places, strict=True)))
        return {(row["topic"], row["partition"]): (row["generation"], row["next"]) for row in found}

    async def move(self, connection: asyncpg.Connection, ends: Reached) -> None:
        """Move the checkpoints on, in the transaction of what they speak of."""
        if ends:
            await connection.execute(self._move, *columns(ends))


def columns(ends: Reached) -> tuple[list[str], list[int], list[str], list[int]]:
    """Topics, partitions, generations and next offsets, sorted: two writers never wait for each other in a circle."""
    rows = sorted((topic, partition, *end) for (topic, partition), end in ends.items())
    topics, partitions, generations, following = map(list, zip(*rows, strict=True))
    return topics, partitions, generations, following
