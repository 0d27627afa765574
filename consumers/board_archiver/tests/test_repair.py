"""Damage in the bucket and in the index is named, passed over where that can be, and made good from the log or the objects."""

import tracemalloc
from collections.abc import AsyncIterator
from types import SimpleNamespace

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.handler import Place
from consumers.board_archiver.repair import Repair, longest
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tests.archived import TOPIC, Log, archive, faults, holds_all
from consumers.board_archiver.tests.conftest import TABLES
from schemas.boards.archive import pack
from topics.archive.reader import ArchiveDamaged, ArchiveReader
from topics.bus.message import Message, Position
from topics.runtime.object_store import ObjectStore

pytestmark = pytest.mark.integration


def mending(connection: object, reader: ArchiveReader, store: ObjectStore, log: Log, first: int = 0) -> Repair:
    """A repair by a log that still has its records from `first` on."""

    async def span(start: Position, last: int) -> AsyncIterator[Message]:
        for place, board, data in log.records:
            if max(start.offset, first) <= place.offset <= last:
                yield _message(place, board, data)

    return Repair(connection, reader, store, span)


def _message(place: Place, board: str, data: object) -> Message:
    return SimpleNamespace(offset=place.offset, envelope=SimpleNamespace(subject=board), data=data)


@pytest.mark.parametrize("damage", ["missing", "cut", "garbled"])
async def test_a_damaged_object_is_named_and_made_again_from_the_log(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving, damage: str
) -> None:
    log = Log()
    await archive(archiver, log)
    # Every damage meets the board whose piece is the first of its object.
    board, key, last = await pool.fetchrow(
        "select board_id::text, key, last_seq from board_archiver.segments where start = 0 order by key limit 1"
    )
    whole = await store.get(key)
    if damage == "missing":
        await store.delete([key])
    else:
        await store.put(key, whole[:50] if damage == "cut" else whole[:40] + b"garbage" + whole[47:])

    found = await faults(pool, reader, store)
    named = [each for each in found if each.key == key]
    assert named
    assert {each.kind for each in named} == {"missing" if damage == "missing" else "corrupt"}
    assert board in {each.board_id for each in named}
    with pytest.raises(ArchiveDamaged, match=key):
        await reader.ops(board, 0, last)

    async with pool.acquire() as connection:
        assert not (await mending(connection, reader, store, log, first=len(log.records)).mend(named[0])).mended
        for fault in found:
            assert (await mending(connection, reader, store, log).mend(fault)).mended, fault

    assert await faults(pool, reader, store) == []
    await holds_all(pool, reader, log)


async def test_a_bomb_in_the_bucket_is_damage_and_is_not_unfolded(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()
    await archive(archiver, log)
    bomb = pack(b"0" * 50_000_000)
    row = await pool.fetchrow(
        """update board_archiver.segments set length = $1
            where (key, start) = (select key, start from board_archiver.segments where start = 0 order by key limit 1)
        returning board_id::text, key, last_seq""",
        len(bomb),
    )
    await store.put(row["key"], bomb)
    tracemalloc.start()

    with pytest.raises(ArchiveDamaged) as damage:
        await reader.ops(row["board_id"], 0, row["last_seq"])

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert damage.value.key == row["key"]
    assert peak < 25_000_000
    assert row["key"] in {each.key for each in await faults(pool, reader, store)}


async def test_a_damaged_snapshot_is_named_passed_over_by_readers_and_made_again(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()
    await archive(archiver, log)
    rows = await pool.fetch("select key, board_id::text, seq from board_archiver.snapshots order by key")
    await store.put(rows[0]["key"], b"junk")
    await store.delete([rows[1]["key"]])
    other = await store.get(rows[3]["key"])
    await store.put(rows[2]["key"], other)

    found = await faults(pool, reader, store)

    assert {each.key: each.kind for each in found} == {
        rows[0]["key"]: "corrupt",
        rows[1]["key"]: "missing",
        rows[2]["key"]: "corrupt",
    }
    await holds_all(pool, reader, log)
    async with pool.acquire() as connection:
        for fault in found:
            assert (await mending(connection, reader, store, log).mend(fault)).mended, fault
    assert await faults(pool, reader, store) == []


async def test_a_segment_that_is_not_in_the_index_is_a_gap_and_one_too_many_a_duplicate(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving
) -> None:
    log = Log()
    await archive(archiver, log)
    one, two = log.boards
    await pool.execute(
        "delete from board_archiver.segments where board_id = $1 and 5 between first_seq and last_seq", one
    )
    await pool.execute(
        """insert into board_archiver.segments
           select board_id, first_seq + 1, last_seq, generation, partition, first_offset, first_index, last_offset,
                  last_index, first_time, last_time, key, start, length, raw_bytes, hash, trace
             from board_archiver.segments where board_id = $1 and first_seq < last_seq order by first_seq limit 1""",
        two,
    )

    found = await faults(pool, reader, store)

    kinds = {(each.board_id, each.kind) for each in found}
    assert (one, "gap") in kinds
    assert {(two, "duplicate"), (two, "corrupt")} <= kinds


async def test_a_lost_index_is_made_again_from_the_objects(
    pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore, archiver: Archiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    await archiver.write(log.records[:10], log.ends(10))

    async def die(*_args: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(archiver._rows, "add", die)
        with pytest.raises(ConnectionError):
            await archiver.write(log.records[10:23], log.ends(23))
    await archive(archiver, log)
    for table in TABLES:
        await pool.execute(f"delete from board_archiver.{table}")
    monkeypatch.setattr("consumers.board_archiver.repair.OPS", f"archive/ops/{log.generation}/")
    monkeypatch.setattr("consumers.board_archiver.repair.SNAPSHOTS", f"archive/snapshots/{log.boards[0]}/")

    async with pool.acquire() as connection:
        segments, snapshots = await mending(connection, reader, store, log).index(TOPIC)

    assert segments
    assert snapshots
    assert await ArchiveIndex(pool).checkpoints.load(TOPIC, 0, log.generation) == len(log.records)
    await holds_all(pool, reader, log)
    assert await faults(pool, reader, store) == []


@pytest.mark.parametrize(
    ("parts", "chosen"),
    [
        ({(1, 3), (4, 5)}, {(1, 3), (4, 5)}),
        ({(1, 3), (2, 5), (4, 6)}, {(1, 3), (4, 6)}),
        ({(1, 2), (3, 4), (1, 4), (5, 6)}, {(1, 4), (5, 6)}),
        ({(1, 3), (1, 2), (3, 9)}, {(1, 2), (3, 9)}),
        ({(2, 3)}, set()),
        (set(), set()),
    ],
)
def test_of_all_parts_those_are_chosen_that_lead_farthest(
    parts: set[tuple[int, int]], chosen: set[tuple[int, int]]
) -> None:
    assert longest(parts) == chosen
