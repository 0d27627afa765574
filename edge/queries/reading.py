"""Reading the deciders' views, where a store that is away is `unavailable` and not a bug."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg

from edge.errors import ApiError
from topics.runtime.away import POSTGRES_AWAY

Row = dict[str, Any]


@asynccontextmanager
async def reading(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection. Raises `ApiError` `unavailable` when PostgreSQL is away or too slow."""
    try:
        async with pool.acquire(timeout=5) as connection:
            yield connection
    except POSTGRES_AWAY as error:
        raise ApiError("unavailable", "This cannot be read now.") from error


async def rows(pool: asyncpg.Pool, statement: str, *values: Any) -> list[Row]:
    """The rows of a question, ids as text and times as the contract writes them."""
    async with reading(pool) as connection:
        return [dict(found) for found in await connection.fetch(statement, *values)]


async def row(pool: asyncpg.Pool, statement: str, *values: Any) -> Row | None:
    """The only row of a question, None when there is none."""
    async with reading(pool) as connection:
        found = await connection.fetchrow(statement, *values)
    return None if found is None else dict(found)


def told(time: datetime | None) -> str | None:
    """A time as the contract writes it: RFC 3339 in UTC with `Z`."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
