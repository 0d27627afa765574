"""The store is killed at each step of a batch write; whoever goes on comes to what the log says."""

import random
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import orjson
import pytest

from consumers.board_archiver.tests.artist import TOPIC, Artist
from schemas.boards.append import fold_ops
from schemas.ids import new_id
from tests.kernel.places import stand_table_at_end, table_stands, until_table_stands
from tests.victims import Step, Victims, at_work, consume
from topics.bus.publish import Publisher
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

NAME: Final = "board_store"
WRITE: Final = "consumers.board_store.store:BoardStore.write"
# Of each step, whether the batch in work is contained when its process is dead.
STEPS: Final = {
    "before the transaction": (Step(WRITE, "before"), False),
    "within it, with the checkpoint locked": (Step("consumers.board_store.store:BoardStore._lock", "after"), False),
    "within it, with everything written": (Step("topics.bus.checkpoint_table:CheckpointTable.move", "after"), False),
    "after its commit, before the group's": (Step(WRITE, "after"), True),
}


@pytest.mark.parametrize("step", STEPS)
async def test_killed(
    step: str,
    victims: Victims,
    prepared_environment: dict[str, str],
    separate_tables: Settings,
    *,
    pool: asyncpg.Pool,
    tmp_path: Path,
) -> None:
    await stand_table_at_end(separate_tables, pool, NAME, TOPIC)
    environment = {**prepared_environment, "DOSKA_POSTGRES_DSN": separate_tables.postgres_dsn}
    work = {"name": NAME, "group": f"{NAME}-{new_id()}"}
    artist = Artist(random.Random(5))
    deadly, written = STEPS[step]

    async with Publisher(separate_tables, "test") as publisher:
        async with victims.one(deadly, tmp_path / "armed", "tests.victims:consume", environment, **work) as victim:
            await until_table_stands(pool, NAME, TOPIC, await artist.some(publisher, 20))
            before = await table_stands(pool, NAME, TOPIC)
            victim.arm()
            await victim.killed(lambda: artist.some(publisher, 5))
        after = await table_stands(pool, NAME, TOPIC)
        ends = await artist.some(publisher, 20)
    async with at_work(partial(consume, separate_tables, **work)):
        await until_table_stands(pool, NAME, TOPIC, ends)

    # After the commit it may still have been that of the batch before.
    assert written or after == before
    for board in artist.log:
        rows = await pool.fetch("select id, body from board_store.elements where board_id = $1", board)
        assert {row["id"]: orjson.loads(row["body"]) for row in rows} == fold_ops(artist.changes(board))
