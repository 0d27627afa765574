"""The tables of this consumer, empty, and the rights that its process has."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_store")
    await pool.execute("delete from board_store.elements")
    await pool.execute("delete from board_store.checkpoints")
    yield pool
    await pool.close()
