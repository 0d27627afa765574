"""The tables of this consumer in a database where no product writes, and the webhooks that stand beside it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from consumers.webhook_export.tests.hooks import Hooks
from consumers.webhook_export.tests.office import Office
from consumers.webhook_export.tests.receiver import Receiver, receiving
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    """As the process of this consumer sees the database."""
    pool = await postgres_pool(separate_tables, "doska_webhook_export")
    await pool.execute("truncate webhook_export.deliveries, webhook_export.endpoints, webhook_export.checkpoints")
    yield pool
    await pool.close()


@pytest.fixture
async def hooks(separate_tables: Settings) -> AsyncIterator[Hooks]:
    """Webhooks as their decider would have written them."""
    pool = await postgres_pool(
        separate_tables, "doska_webhook_decider", server_settings={"search_path": "webhook_decider"}
    )
    await pool.execute("truncate subscriptions cascade")
    yield Hooks(pool)
    await pool.close()


@pytest.fixture
async def office(pool: asyncpg.Pool, hooks: Hooks) -> Office:
    """Who reads and who sends, with these webhooks."""
    assert hooks
    return Office(pool)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """The server of a stranger."""
    async with receiving() as found:
        yield found
