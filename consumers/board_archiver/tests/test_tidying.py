"""Small objects are merged by themselves: beside another who does the same, past damage, and given up at any moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.compaction import Compaction
from consumers.board_archiver.tests.archived import Log, archive, faults, holds_all
from consumers.board_archiver.tidying import Tidying
from topics.archive.reader import ArchiveReader
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration
WAIT_SECONDS = 60
LIVING = "select count(*) from board_archiver.objects where retired_at is null"


def tidying(settings: Settings) -> Tidying:
    return Tidying(settings, "board_archiver", every_seconds=0.1, settled="0", retired="0", least=2)


@asynccontextmanager
async def at_work(*services: Tidying) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for each in services:
            group.create_task(each.run(stopping))
        try:
            yield
        finally:
            stopping.set()


async def until(pool: asyncpg.Pool, question: str, expected: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while await pool.fetchval(question) != expected:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)


async def test_of_two_that_tidy_beside_an_archiver_at_work_nothing_is_lost_or_doubled(
    separate_tables: Settings, pool: asyncpg.Pool, store: ObjectStore, reader: ArchiveReader, archiver: Archiving
) -> None:
    log = Log(60)

    async with at_work(tidying(separate_tables), tidying(separate_tables)):
        await archive(archiver, log, poll=2)
        await until(pool, "select count(*) from board_archiver.objects", 1)

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []
    assert len([each async for each in store.list(f"archive/ops/{log.generation}/")]) == 1


async def test_given_up_in_the_middle_and_begun_again_it_comes_to_the_same(
    separate_tables: Settings,
    pool: asyncpg.Pool,
    store: ObjectStore,
    reader: ArchiveReader,
    archiver: Archiving,
    *,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, begun = Log(), asyncio.Event()
    await archive(archiver, log, poll=2)

    async def never_ends(_self: Compaction, _keys: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Compaction, "_merge", never_ends)
        async with asyncio.timeout(WAIT_SECONDS), at_work(tidying(separate_tables)):
            await begun.wait()
    await holds_all(pool, reader, log)

    async with at_work(tidying(separate_tables)):
        await until(pool, "select count(*) from board_archiver.objects", 1)
    await holds_all(pool, reader, log)


async def test_a_damaged_object_does_not_keep_others_from_being_merged(
    separate_tables: Settings, pool: asyncpg.Pool, store: ObjectStore, reader: ArchiveReader, archiver: Archiving
) -> None:
    damaged, whole = Log(), Log()
    await archive(archiver, damaged, poll=2)
    await pool.execute("delete from board_archiver.checkpoints")
    await archive(archiver, whole, poll=2)
    key = await pool.fetchval(
        "select key from board_archiver.objects where generation = $1 limit 1", damaged.generation
    )
    content = await store.get(key)
    await store.put(key, b"junk")

    async with at_work(tidying(separate_tables)):
        await until(pool, f"select count(*) from board_archiver.objects where generation = '{whole.generation}'", 1)

    await store.put(key, content)
    assert await pool.fetchval(f"{LIVING} and generation = $1", damaged.generation) > 1
    await holds_all(pool, reader, whole)
    await holds_all(pool, reader, damaged)
