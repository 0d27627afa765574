"""The archive on real parts: crashes between the steps, two owners, S3 away, damage, merging, an index that is lost."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.compaction import Compaction, ObjectRow, plan
from consumers.board_archiver.handler import Place, Record
from consumers.board_archiver.repair import Repair, longest
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tests.conftest import TABLES
from consumers.board_archiver.tests.records import op
from consumers.board_archiver.verification import Fault, Verification
from schemas.boards.append import APPEND, DRAW, Op, fold_ops
from schemas.boards.archive import pack
from schemas.boards.tests.strokes import append, stroke
from schemas.ids import new_id
from topics.archive import index
from topics.archive.reader import ArchiveDamaged, ArchiveReader
from topics.bus.message import Message, Position
from topics.errors import CheckpointMoved, Retry
from topics.runtime.object_store import ObjectStore, ObjectStoreAway
from topics.runtime.settings import Settings

TOPIC = "boards.ops"
pytestmark = pytest.mark.integration


class Log:
    """One partition with two boards that are drawn on by turns; a life of its own, so that its objects are its own."""

    def __init__(self, length: int = 40) -> None:
        self.generation = new_id()
        self.boards = (new_id(), new_id())
        self.changes: dict[str, list[Op]] = {board: [] for board in self.boards}
        self.places: dict[str, list[tuple[int, int]]] = {board: [] for board in self.boards}
        self.records: list[Record] = []
        for offset in range(length):
            self._add(offset)

    def _add(self, offset: int) -> None:
        board = self.boards[offset % 3 % 2]
        version = len(self.changes[board])
        # Appends are what would show an op that is read twice or out of order.
        drawn: list[Op] = [(DRAW, {"elements": [stroke("a", version, 0)]})]
        if offset % 2:
            drawn.append((APPEND, append("a", (version, 0), version + 1, 0)))
        ops = [op(board, change, offset * 10 + n) for n, change in enumerate(drawn)]
        self.changes[board] += [(type_, {"board_id": board, **data}) for type_, data in drawn]
        self.places[board] += [(offset, n) for n in range(len(drawn))]
        self.records.append((Place(self.generation, 0, offset), board, {"ops": ops}))

    def ends(self, following: int) -> dict[tuple[str, int], tuple[str, int]]:
        return {(TOPIC, 0): (self.generation, following)}


async def beginning(_topic: str, _partition: int) -> int:
    return 0


@pytest.fixture
def reader(pool: asyncpg.Pool, store: ObjectStore) -> ArchiveReader:
    return ArchiveReader(pool, store)


@pytest.fixture
def archiver(pool: asyncpg.Pool, store: ObjectStore, reader: ArchiveReader) -> Archiving:
    return Archiving(ArchiveIndex(pool), reader, store, beginning, topic=TOPIC, snapshot_ops=7)


async def archive(archiver: Archiving, log: Log, *, poll: int = 6) -> None:
    """Everything, a poll at a time."""
    for start in range(0, len(log.records), poll):
        await archiver.write(log.records[start : start + poll], log.ends(min(start + poll, len(log.records))))


async def holds_all(pool: asyncpg.Pool, reader: ArchiveReader, log: Log) -> None:
    """Every state of every board is what the log says, by number and by position."""
    for board, changes in log.changes.items():
        assert await index.last_seq(pool, board) == len(changes)
        for seq in range(len(changes) + 1):
            assert (await reader.state(board, seq)).elements == fold_ops(changes[:seq]), seq
        for seq, (offset, at) in enumerate(log.places[board], start=1):
            position = Position(log.generation, 0, offset, at)
            assert await index.seq_at(pool, board, position) == seq
            assert await index.position_of(pool, board, seq) == position


async def faults(pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore) -> list[Fault]:
    return [each async for each in Verification(pool, reader, store).faults()]


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
