"""Small objects are merged: no state changes, and a crash leaves everything readable."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.compaction import Compaction, ObjectRow, plan
from consumers.board_archiver.tests.archived import Log, archive, faults, holds_all
from topics.archive.reader import ArchiveReader
from topics.runtime.object_store import ObjectStore, ObjectStoreAway

pytestmark = pytest.mark.integration


async def test_merging_changes_no_state_and_what_was_merged_is_deleted_afterwards(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()
    await archive(archiver, log, poll=2)
    prefix = f"archive/ops/{log.generation}/"
    before = [each.key async for each in store.list(prefix)]
    async with pool.acquire() as connection:
        first = await Compaction(connection, reader, store).run(settled="0", least=2)
        kept = [each.key async for each in store.list(prefix)]
        second = await Compaction(connection, reader, store).run(settled="0", retired="0", least=2)

    assert (first.merged, first.into, first.deleted) == (20, 1, 0)
    assert (second.merged, second.deleted) == (0, 20)
    assert set(before) < set(kept)
    assert len([each async for each in store.list(prefix)]) == 1
    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


async def test_what_compresses_far_better_than_drawings_is_weighed_by_what_it_unfolds_to(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()
    for _, _, record in log.records:
        for each in record["ops"]:
            for element in each["data"].get("elements", []):
                element["customData"] = {"note": "y" * 20_000}
    await archive(archiver, log, poll=2)
    prefix = f"archive/ops/{log.generation}/"
    assert sum([each.size async for each in store.list(prefix)]) < 30_000

    async with pool.acquire() as connection:
        done = await Compaction(connection, reader, store).run(settled="0", least=2, most=30_000)

    assert done is not None
    assert done.merged == 20
    assert done.into > 1
    assert await faults(pool, reader, store) == []


async def test_a_crash_while_merging_leaves_everything_readable(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    await archive(archiver, log, poll=2)
    async with pool.acquire() as connection:
        with monkeypatch.context() as patch:
            patch.setattr(
                "consumers.board_archiver.compaction.LOCKED",
                "select 1 / count(*) from (select $1::text[] where false) as none",
            )
            with pytest.raises(asyncpg.DivisionByZeroError):
                await Compaction(connection, reader, store).run(settled="0", least=2)
    await holds_all(pool, reader, log)

    async with pool.acquire() as connection:
        await Compaction(connection, reader, store).run(settled="0", retired="0", least=2)

    await holds_all(pool, reader, log)


async def test_of_a_merged_object_that_was_cut_off_while_it_was_written_the_whole_is_written(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, put = Log(), store.put
    await archive(archiver, log, poll=2)

    async def cut(key: str, body: bytes, **more: Any) -> None:
        await put(key, body[: len(body) // 2], **more)
        raise ObjectStoreAway("the connection broke", key)

    async with pool.acquire() as connection:
        with monkeypatch.context() as patch:
            patch.setattr(store, "put", cut)
            with pytest.raises(ObjectStoreAway):
                await Compaction(connection, reader, store).run(settled="0", least=2)
        await Compaction(connection, reader, store).run(settled="0", retired="0", least=2)

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


def sized(*sizes: int, partition: int = 0) -> Sequence[ObjectRow]:
    return [ObjectRow(f"k{n}", "life", partition, n, n, size) for n, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("objects", "runs"),
    [
        (sized(), []),
        (sized(1, 1), [2]),
        (sized(1), []),
        (sized(5, 5, 1, 1), [2, 2]),
        (sized(10, 1, 1), [2]),
        ([*sized(1, 1), *sized(1, 1, partition=1)], [2, 2]),
        ([*sized(1), *sized(1, partition=1)], []),
    ],
)
def test_neighbours_of_one_partition_are_merged_up_to_a_size(objects: Sequence[ObjectRow], runs: list[int]) -> None:
    assert [len(run) for run in plan(objects, least=2, most=10)] == runs
