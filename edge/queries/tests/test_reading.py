"""Reading views while the network between us and PostgreSQL is not what it was."""

import asyncio

import pytest

from edge.errors import ApiError
from edge.queries.reading import row
from tests.relay import by, relayed
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

CONNECTIONS = 4


async def test_of_many_forgotten_connections_only_the_first_is_waited_for(settings: Settings) -> None:
    async with relayed(settings.postgres_dsn) as wire:
        through = settings.model_copy(update={"postgres_dsn": by(wire, settings.postgres_dsn)})
        pool = await postgres_pool(through, min_size=CONNECTIONS, max_size=CONNECTIONS, command_timeout=1)
        try:
            await asyncio.gather(*(row(pool, "select pg_sleep(0.2)") for _ in range(CONNECTIONS)))
            wire.forget()

            with pytest.raises(ApiError) as refused:
                await row(pool, "select 1 as one")
            for _ in range(2 * CONNECTIONS):
                assert await row(pool, "select 1 as one") == {"one": 1}

            assert refused.value.code == "unavailable"
        finally:
            pool.terminate()
