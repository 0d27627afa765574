"""What PostgreSQL must forget when Kafka was lost: places in a log that is not there any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

from consumers import discovery
from topics.bus.manifest import Manifest

# Answers are for who waits, and nobody does.
ANSWERS: Final = "platform.replies"
# `doska replay` would otherwise build tables of a log that begins in the middle of their life.
LEDGER: Final = """
create table if not exists doska.lost_logs (at timestamptz primary key default now())
"""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done: places by consumer, and decided records that go out again by decider."""

    places: Mapping[str, int]
    again: Mapping[str, int]


async def forget(connection: asyncpg.Connection, manifests: Mapping[str, Manifest] | None = None) -> Forgotten:
    """Have every consumer begin at the beginning of the new topics, and every decider tell its last day again.

    In one transaction; nothing of ours may run. What was decided shortly before the end may not have been read by
    everybody: it goes out once more under the same ids, and who has read it knows them. The outbox holds a day.
    """
    places, again = {}, {}
    async with connection.transaction():
        await connection.execute("create schema if not exists doska")
        await connection.execute(LEDGER)
        await connection.execute("insert into doska.lost_logs default values on conflict do nothing")
        for name in manifests or discovery.manifests():
            for table in ("checkpoints", "checkpoint"):
                if await connection.fetchval("select to_regclass($1)", f"{name}.{table}") is not None:
                    said = await connection.execute(f'delete from "{name}".{table}')  # noqa: S608 - our own names
                    places[name] = int(said.rpartition(" ")[2])
            if await connection.fetchval("select to_regclass($1)", f"{name}.outbox") is not None:
                said = await connection.execute(
                    f'update "{name}".outbox set published_at = null where published_at is not null and topic <> $1',  # noqa: S608 - the same
                    ANSWERS,
                )
                again[name] = int(said.rpartition(" ")[2])
    return Forgotten(places, again)


async def was_lost(connection: asyncpg.Connection) -> bool:
    """Whether the log of this database begins in the middle of its life."""
    if await connection.fetchval("select to_regclass('doska.lost_logs')") is None:
        return False
    return bool(await connection.fetchval("select exists(select from doska.lost_logs)"))
