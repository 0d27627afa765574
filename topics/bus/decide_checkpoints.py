"""Where a decider stands in each partition, and whose the partition is."""

from typing import Final

import asyncpg

from topics.bus.places import mismatch
from topics.errors import DoskaError, Halt

# A partition that was taken over and of which nothing was decided yet: the log begins wherever it begins.
UNREAD: Final = -1

CLAIM: Final = """
insert into checkpoint (topic, partition, generation, next, owner) values ($1, $2, $3, $4, $5)
on conflict (topic, partition, generation) do update set owner = excluded.owner
returning next
"""
MOVE: Final = """
update checkpoint set next = $5, moved_at = now()
 where topic = $1 and partition = $2 and generation = $3 and next = $4 and owner = $6
"""


class Fenced(DoskaError):
    """Another owner took the partition over: this one was paused, or forgotten by the group, and must join it anew."""


async def claim(connection: asyncpg.Connection, topic: str, partition: int, generation: str, owner: str) -> int:
    """Take the partition over from whoever had it; gives the checkpoint. Raises Halt for another life of the topic."""
    generations = [
        row["generation"]
        for row in await connection.fetch(
            "select generation from checkpoint where topic = $1 and partition = $2", topic, partition
        )
    ]
    if generations and generation not in generations:
        raise Halt(mismatch(topic, partition, generations[0], generation))
    place: int = await connection.fetchval(CLAIM, topic, partition, generation, UNREAD, owner)
    return place


async def still_ours(connection: asyncpg.Connection, topic: str, partition: int, generation: str, owner: str) -> int:
    """The checkpoint of a partition that was claimed before. Raises Fenced when somebody else has it."""
    row = await connection.fetchrow(
        "select next, owner::text from checkpoint where topic = $1 and partition = $2 and generation = $3",
        topic,
        partition,
        generation,
    )
    if row is None or row["owner"] != owner:
        raise Fenced(f"{topic}/{partition} has another owner")
    place: int = row["next"]
    return place


async def move(
    connection: asyncpg.Connection, topic: str, partition: int, generation: str, *, old: int, new: int, owner: str
) -> None:
    """Compare and set the checkpoint, in the transaction of the decisions. Raises Fenced when it is not `old` or not ours."""
    if await connection.execute(MOVE, topic, partition, generation, old, new, owner) != "UPDATE 1":
        raise Fenced(f"{topic}/{partition} is not at offset {old} any more, or has another owner")
