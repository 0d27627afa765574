"""What a connection of a pool keeps when it is given back: nothing."""

import asyncio

import pytest

from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


async def test_a_transaction_that_was_cut_off_is_rolled_back_and_its_locks_are_free(settings: Settings) -> None:
    pool = await postgres_pool(settings, max_size=1)
    try:
        async with pool.acquire() as connection:
            before = connection.get_server_pid()
            await connection.execute("begin; select pg_advisory_xact_lock(4711); create temp table left_behind ()")

        async with pool.acquire() as connection:
            assert connection.get_server_pid() == before, "it is the same connection"
            assert not connection.is_in_transaction()
            assert await connection.fetchval("select to_regclass('left_behind')") is None
            held = await connection.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and pid = $1", before
            )
            assert held == 0
    finally:
        await pool.close()


async def test_work_that_was_cancelled_leaves_a_connection_that_works(settings: Settings) -> None:
    pool = await postgres_pool(settings, max_size=1)

    async def work(begun: asyncio.Event) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(4712)")
            begun.set()
            await connection.execute("select pg_sleep(60)")

    try:
        begun = asyncio.Event()
        task = asyncio.create_task(work(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        async with pool.acquire() as connection:
            assert await connection.fetchval("select pg_try_advisory_xact_lock(4712)")
    finally:
        await pool.close()


async def test_giving_back_asks_postgres_nothing(settings: Settings) -> None:
    pool = await postgres_pool(settings, max_size=1)
    queries: list[str] = []
    try:
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda record: queries.append(record.query))
            await connection.execute("select 1")
    finally:
        await pool.close()

    assert queries == ["select 1"]
