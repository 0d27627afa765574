"""The archive on real parts: crashes between the steps, two owners, one that is late, S3 away, records that are gone."""

import asyncio

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tests.archived import TOPIC, Log, archive, beginning, faults, holds_all
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.message import Position
from topics.errors import CheckpointMoved, Retry
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


async def test_every_state_of_every_board_is_read_from_the_objects(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()

    await archive(archiver, log)

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []
    assert await pool.fetchval("select count(*) from board_archiver.snapshots") > 4


async def test_what_comes_again_is_passed_over(pool: asyncpg.Pool, reader: ArchiveReader, archiver: Archiving) -> None:
    log = Log()
    await archive(archiver, log)

    await archive(archiver, log, poll=5)
    await archiver.write([], log.ends(3))

    await holds_all(pool, reader, log)
    assert await ArchiveIndex(pool).checkpoints.load(TOPIC, 0, log.generation) == len(log.records)


@pytest.mark.parametrize("step", ["before the objects", "between object and index", "after the index"])
async def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    pool: asyncpg.Pool,
    reader: ArchiveReader,
    store: ObjectStore,
    archiver: Archiving,
    *,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    log = Log()
    await archiver.write(log.records[:10], log.ends(10))

    class Killed(BaseException):
        pass

    async def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "before the objects":
            patch.setattr(archiver, "_put", die)
        elif step == "between object and index":
            patch.setattr(archiver._rows, "add", die)
        else:
            patch.setattr(archiver._rows, "growths", die)
        with pytest.raises(Killed):
            await archiver.write(log.records[10:20], log.ends(20))
    # The next owner polls other stretches of the log.
    await archive(archiver, log, poll=7)

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


async def test_of_two_owners_at_once_each_op_is_archived_by_one(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore
) -> None:
    log = Log(60)

    async def own(poll: int) -> None:
        rows = ArchiveIndex(pool)
        mine = Archiving(rows, reader, store, beginning, topic=TOPIC, snapshot_ops=7)
        start = 0
        while start < len(log.records):
            end = min(start + poll, len(log.records))
            try:
                await mine.write(log.records[start:end], log.ends(end))
                start = end
            except CheckpointMoved:
                # As the engine does: read again from where the other went on.
                start = await rows.checkpoints.load(TOPIC, 0, log.generation) or 0

    await asyncio.gather(own(4), own(9))

    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


async def test_an_owner_that_comes_late_is_refused(
    pool: asyncpg.Pool, reader: ArchiveReader, archiver: Archiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, written = Log(), asyncio.Event()
    late = archiver._put

    async def paused(bundle: object) -> None:
        await late(bundle)
        monkeypatch.undo()
        await archive(archiver, log)
        written.set()

    monkeypatch.setattr(archiver, "_put", paused)
    with pytest.raises(CheckpointMoved):
        await archiver.write(log.records[:10], log.ends(10))

    assert written.is_set()
    await holds_all(pool, reader, log)


async def test_while_s3_is_away_nothing_moves_and_afterwards_nothing_is_missing(
    pool: asyncpg.Pool, reader: ArchiveReader, settings: Settings, archiver: Archiving
) -> None:
    log = Log()
    await archiver.write(log.records[:10], log.ends(10))
    async with ObjectStore(settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"})) as nowhere:
        cut_off = Archiving(ArchiveIndex(pool), reader, nowhere, beginning, topic=TOPIC, snapshot_ops=7)
        with pytest.raises(Retry, match="does not answer"):
            await cut_off.write(log.records[10:], log.ends(len(log.records)))

    assert await ArchiveIndex(pool).checkpoints.load(TOPIC, 0, log.generation) == 10
    await archive(archiver, log)

    await holds_all(pool, reader, log)


async def test_what_retention_removed_before_it_was_archived_is_named(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore
) -> None:
    log = Log()

    async def from_ten(_topic: str, _partition: int) -> int:
        return 10

    late = Archiving(ArchiveIndex(pool), reader, store, from_ten, topic=TOPIC, snapshot_ops=7)
    await late.write(log.records[10:], log.ends(len(log.records)))

    [fault] = await faults(pool, reader, store)
    assert (fault.kind, fault.first, fault.last) == ("lost", 0, 9)
    assert await index.gap_at(pool, TOPIC, Position(log.generation, 0, 3, 0)) == 10
    assert await index.gap_at(pool, TOPIC, Position(log.generation, 0, 10, 0)) is None
