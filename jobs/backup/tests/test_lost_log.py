"""What PostgreSQL forgets when Kafka was lost."""

import asyncpg
import pytest

from consumers.discovery import manifests
from jobs.backup.lost_log import forget, was_lost
from jobs.rebuilding import rebuildable
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

OUT = """
insert into board_decider.outbox (source_topic, source_partition, topic, key, headers, value, published_at)
values ('boards.actions', 0, $1, 'k', '{}', 'v', now())
"""


async def test_places_are_forgotten_and_what_was_decided_goes_out_again(separate_tables: Settings) -> None:
    connection = await asyncpg.connect(separate_tables.postgres_dsn)
    change = connection.transaction()
    await change.start()
    try:
        # Whose tests ran before us on these tables is nothing to us, and comes back with the rollback.
        await connection.execute("delete from board_store.checkpoints")
        await connection.execute("delete from board_decider.checkpoint")
        await connection.execute("delete from board_decider.outbox")
        await connection.execute("insert into board_store.checkpoints values ('boards.ops', 0, 'old', 7)")
        await connection.execute(
            "insert into board_decider.checkpoint values ('boards.actions', 0, 'old', 7, gen_random_uuid())"
        )
        for topic in ("boards.facts", "platform.replies"):
            await connection.execute(OUT, topic)
        await rebuildable(connection, manifests()["board_store"])

        done = await forget(connection)

        assert done.places["board_store"] >= 1
        assert done.places["board_decider"] >= 1
        for name in done.places:
            table = "checkpoint" if manifests()[name].engine == "decide" else "checkpoints"
            assert await connection.fetchval(f"select count(*) from {name}.{table}") == 0, name
        waiting = await connection.fetch("select topic from board_decider.outbox where published_at is null")
        assert {row["topic"] for row in waiting} == {"boards.facts"}, "answers are for who waited"
        assert await was_lost(connection)
        with pytest.raises(Misconfigured, match="in the middle of its life"):
            await rebuildable(connection, manifests()["board_store"])
    finally:
        await change.rollback()
        await connection.close()


async def test_every_consumer_that_keeps_places_forgets_them(separate_tables: Settings) -> None:
    connection = await asyncpg.connect(separate_tables.postgres_dsn)
    change = connection.transaction()
    await change.start()
    try:
        done = await forget(connection)

        found = await connection.fetch(
            "select distinct table_schema as name from information_schema.columns"
            " where column_name = 'generation' and table_name like 'checkpoint%' and table_schema = any($1)",
            list(manifests()),
        )
        tables = await connection.fetch(
            "select schemaname as name from pg_tables where tablename in ('checkpoint', 'checkpoints')"
        )
        assert {row["name"] for row in found} <= set(done.places)
        assert {row["name"] for row in tables} == set(done.places)
    finally:
        await change.rollback()
        await connection.close()
