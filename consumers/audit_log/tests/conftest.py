"""The tables of this consumer, and the rights that its process has."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(settings, "doska_audit_log")
    yield pool
    await pool.close()


@pytest.fixture
async def superuser(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who may do anything to the database, and switches its guards off."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    await connection.execute("set session_replication_role = replica")
    yield connection
    await connection.close()
