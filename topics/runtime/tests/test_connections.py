"""What a connection of a pool keeps when it is given back: nothing."""

import asyncio

import pytest

from tests.relay import by, relayed
from topics.runtime import connections
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


async def test_of_many_connections_that_a_network_forgot_only_the_first_is_waited_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "RELEASE_SECONDS", 0.5)
    async with relayed(settings.postgres_dsn) as wire:
        through = settings.model_copy(update={"postgres_dsn": by(wire, settings.postgres_dsn)})
        pool = await postgres_pool(through, min_size=4, command_timeout=1)
        try:
            await asyncio.gather(*(pool.execute("select pg_sleep(0.2)") for _ in range(4)))
            wire.forget()

            with pytest.raises(TimeoutError):
                await pool.fetchval("select 1")
            assert [await pool.fetchval("select $1::int", number) for number in range(8)] == list(range(8))
        finally:
            pool.terminate()


async def test_a_query_that_takes_too_long_costs_its_own_connection_nothing(settings: Settings) -> None:
    pool = await postgres_pool(settings, max_size=1, command_timeout=1)
    try:
        before = await pool.fetchval("select pg_backend_pid()")
        with pytest.raises(TimeoutError):
            await pool.execute("select pg_sleep(60)")

        assert await pool.fetchval("select pg_backend_pid()") == before
    finally:
        await pool.close()
