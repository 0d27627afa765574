"""Names for what must be decided one at a time across keys, processes and deciders."""

import hashlib
from collections.abc import Iterable

import asyncpg


def lock_key(name: str) -> int:
    """The 64-bit key of an advisory lock. Two names may meet in one key: then they wait for each other, no more."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


async def lock(connection: asyncpg.Connection, names: Iterable[str]) -> None:
    """Hold every name until the transaction ends.

    They are taken in the order of the names, so two transactions that take theirs at once never wait in a circle.
    """
    keys = [lock_key(name) for name in sorted(set(names))]
    if keys:
        await connection.execute("select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key", keys)


async def try_lock(connection: asyncpg.Connection, name: str) -> bool:
    """Hold one more name until the transaction ends, if nobody else does: for a name that sorts before one held already."""
    return bool(await connection.fetchval("select pg_try_advisory_xact_lock($1)", lock_key(name)))
