"""Names for what must be decided one at a time across keys, processes and deciders."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

LOCK = """
select case when shared then pg_advisory_xact_lock_shared(key) else pg_advisory_xact_lock(key) end
  from unnest($1::bigint[], $2::boolean[]) as wanted(key, shared)
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """A name that any number may hold together, and nobody for himself meanwhile."""

    name: str


Lock = str | Shared


def lock_key(name: str) -> int:
    """The 64-bit key of an advisory lock. Two names may meet in one key: then they wait for each other, no more."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


async def lock(connection: asyncpg.Connection, locks: Iterable[Lock]) -> None:
    """Hold every name until the transaction ends; one that is wanted both ways is held alone.

    They are taken in the order of the names, so two transactions that take theirs at once never wait in a circle.
    """
    shared: dict[str, bool] = {}
    for each in locks:
        name = each.name if isinstance(each, Shared) else each
        shared[name] = isinstance(each, Shared) and shared.get(name, True)
    if shared:
        names = sorted(shared)
        await connection.execute(LOCK, [lock_key(name) for name in names], [shared[name] for name in names])


async def try_lock(connection: asyncpg.Connection, wanted: Lock) -> bool:
    """Hold one more name until the transaction ends, if it is free: for a name that sorts before one held already."""
    if isinstance(wanted, Shared):
        return bool(await connection.fetchval("select pg_try_advisory_xact_lock_shared($1)", lock_key(wanted.name)))
    return bool(await connection.fetchval("select pg_try_advisory_xact_lock($1)", lock_key(wanted)))
