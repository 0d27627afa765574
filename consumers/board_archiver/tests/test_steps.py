"""The archiver is killed at each step of writing and of merging; every op is archived once and each state is right."""

import asyncio
import random
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tests.archived import Log, archive, beginning, faults, holds_all
from consumers.board_archiver.tests.artist import TOPIC, Artist
from consumers.board_archiver.tidying import Tidying
from consumers.board_archiver.verification import Verification
from schemas.boards.append import fold_ops
from schemas.ids import new_id
from tests.kernel.harness import until
from tests.kernel.places import stand_table_at_end, table_stands, until_table_stands
from tests.victims import Step, Victims, at_work, consume
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.publish import Publisher
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

NAME: Final = "board_archiver"
ARCHIVING: Final = "consumers.board_archiver.archiving:Archiving"
INDEX: Final = "consumers.board_archiver.store:ArchiveIndex"
# Of each step of a poll, whether its ops are in the index when the process is dead.
WRITING: Final = {
    "before the objects": (Step(f"{ARCHIVING}._put_all", "before"), False),
    "after the objects, before their rows": (Step(f"{INDEX}.add", "before"), False),
    "between the rows and their commit": (Step("consumers.board_archiver.store:_add_bundle", "after"), False),
    "after the rows, before the group's commit": (Step(f"{INDEX}.add", "after"), True),
    "before a snapshot": (Step(f"{ARCHIVING}._snapshots", "before"), True),
    "after a snapshot, before its row": (Step(f"{INDEX}.add_snapshot", "before"), True),
    "after its row": (Step(f"{INDEX}.add_snapshot", "after"), True),
}
STORE: Final = "topics.runtime.object_store:ObjectStore"
# Of each step of merging, how many of the merged objects lie in S3 when the process is dead, of MERGED and the new one.
MERGED: Final = 8
MERGING: Final = {
    "before the new object": (Step(f"{STORE}.put", "before"), MERGED),
    "after it, before the switch": (Step(f"{STORE}.put", "after"), MERGED + 1),
    "within the switch": (Step("consumers.board_archiver.compaction:segment_rows", "before"), MERGED + 1),
    "after the switch, before the old ones go": (Step(f"{STORE}.delete", "before"), MERGED + 1),
    "while they go": (Step(f"{STORE}.delete", "halfway"), MERGED // 2 + 1),
    "after they went, before they are forgotten": (Step(f"{STORE}.delete", "after"), 1),
}
KNOBS: Final = {
    "DOSKA_ARCHIVE_LINGER_SECONDS": "0.05",
    "DOSKA_ARCHIVE_SNAPSHOT_OPS": "4",
    "DOSKA_ARCHIVE_COMPACT_SECONDS": "0",
}


@pytest.fixture
def environment(
    prepared_environment: dict[str, str], separate_tables: Settings, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Of who dies, and for the knobs of who goes on in this process."""
    for name, value in KNOBS.items():
        monkeypatch.setenv(name, value)
    return {**prepared_environment, **KNOBS, "DOSKA_POSTGRES_DSN": separate_tables.postgres_dsn}


@pytest.mark.parametrize("step", WRITING)
async def test_killed_while_it_writes(
    step: str,
    victims: Victims,
    environment: dict[str, str],
    separate_tables: Settings,
    *,
    pool: asyncpg.Pool,
    reader: ArchiveReader,
    store: ObjectStore,
    tmp_path: Path,
) -> None:
    await stand_table_at_end(separate_tables, pool, NAME, TOPIC)
    work = {"name": NAME, "group": f"{NAME}-{new_id()}"}
    artist = Artist(random.Random(6))
    deadly, written = WRITING[step]

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
        drawn = artist.changes(board)
        assert await index.last_seq(pool, board) == len(drawn)
        assert [(each.type, each.data) for each in await reader.ops(board, 0, len(drawn))] == drawn
        for seq in {0, len(drawn) // 2, len(drawn)}:
            assert (await reader.state(board, seq)).elements == fold_ops(drawn[:seq])
        assert [each async for each in Verification(pool, reader, store).faults(board)] == []


async def tidy(settings: Settings, stopping: asyncio.Event) -> None:
    """Merge whatever there is, at once, and remove what was merged."""
    await Tidying(settings, NAME, every_seconds=0.05, settled="0", retired="0", least=2).run(stopping)


@pytest.mark.parametrize("step", MERGING)
async def test_killed_while_it_merges(
    step: str,
    victims: Victims,
    environment: dict[str, str],
    separate_tables: Settings,
    *,
    pool: asyncpg.Pool,
    reader: ArchiveReader,
    store: ObjectStore,
    tmp_path: Path,
) -> None:
    log, armed = Log(2 * MERGED), tmp_path / "armed"
    archiving = Archiving(ArchiveIndex(pool), reader, store, beginning, topic=TOPIC, snapshot_ops=7)
    await archive(archiving, log, poll=2)
    deadly, left = MERGING[step]

    async with victims.one(deadly, armed, "consumers.board_archiver.tests.test_steps:tidy", environment) as victim:
        victim.arm()
        await victim.killed()
    assert len(await objects(store, log)) == left
    assert await faults(pool, reader, store) == []
    async with at_work(partial(tidy, separate_tables)):
        await until(lambda: merged(pool, store, log), "one object to be left, and no row of another")

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


async def objects(store: ObjectStore, log: Log) -> list[str]:
    return [each.key async for each in store.list(f"archive/ops/{log.generation}/")]


async def merged(pool: asyncpg.Pool, store: ObjectStore, log: Log) -> bool:
    rows = await pool.fetch("select key from board_archiver.objects")
    return len(rows) == 1 and await objects(store, log) == [rows[0]["key"]]
