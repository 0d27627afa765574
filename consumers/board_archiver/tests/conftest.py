"""The tables of this consumer, empty, and the rights that its process has."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

TABLES = ("checkpoints", "gaps", "boards", "objects", "segments", "snapshots")


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_archiver")
    for table in TABLES:
        await pool.execute(f"delete from board_archiver.{table}")
    yield pool
    await pool.close()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    async with ObjectStore(settings) as store:
        yield store
