"""Elements and the cursor that goes on where they end: real PostgreSQL, real Valkey."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest
from redis.asyncio import Redis

from consumers.board_store.handler import Place
from consumers.board_store.store import BoardStore
from consumers.room_fanout.entry import Entry
from edge.errors import ApiError
from edge.rooms.bounded_bytes import BoundedBytes
from edge.rooms.contents import Contents
from edge.rooms.cursor import Cursor, CursorInvalid
from edge.rooms.sharing import Rounds, Sharing
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.stage import CURSORS, Edges, Log, Recorder, until
from edge.rooms.wiring import rooms_redis
from schemas.boards.merge import fold
from schemas.ids import new_id
from topics.bus.ends import Ends
from topics.bus.generations import Generation, read_generations
from topics.bus.message import LAST_INDEX, Position
from topics.bus.publish import partition_for
from topics.errors import Unavailable
from topics.rooms import keys
from topics.rooms.mark import Mark
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

PARTITIONS = 12


@dataclass
class End:
    """Where the log ends; None: Kafka is away."""

    place: tuple[int, int] | None = (0, 0)
    asked: int = 0

    async def of(self, topic: str, partition: int) -> tuple[int, int]:
        self.asked += 1
        if self.place is None:
            raise Unavailable("Kafka is away")
        return self.place


class Board:
    """A board whose ops the test puts into the store and into the room, when it likes."""

    def __init__(self, generation: str, store: BoardStore) -> None:
        self.id = new_id()
        self.room = f"board:{self.id}"
        self.generation = generation
        self.partition = partition_for(self.id.encode(), PARTITIONS)
        self._store = store

    async def keep(self, offset: int, *elements: dict[str, Any], generation: str | None = None) -> None:
        generation = generation or self.generation
        record = {"ops": [{"data": {"board_id": self.id, "elements": list(elements)}}]} if elements else {"ops": []}
        place = Place(generation, self.partition, offset + 1)
        ends = {("boards.ops", self.partition): (generation, offset + 1)}
        await self._store.write([(place, self.id, record)], ends)

    async def show(self, redis: Redis, mark: int | None, seq: int = 1) -> None:
        """The room has shown `seq` events and everything before offset `mark`."""
        run = (await redis.info("server"))["run_id"]
        values: dict[str, str | int] = {"e": "e1", "s": seq, "run": run}
        if mark is not None:
            values["o"] = f"{self.generation}:{self.partition}:{mark}"
        await redis.hset(keys.state(self.room), mapping=values)


def element(id_: str, version: int = 1, index: str = "a0", **fields: Any) -> dict[str, Any]:
    base = {"id": id_, "type": "text", "version": version, "versionNonce": 0, "isDeleted": False, "index": index}
    return base | fields


@pytest.fixture
def generation() -> str:
    return new_id()


@pytest.fixture
async def writer(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_store")
    await pool.execute("delete from board_store.checkpoints")
    yield pool
    await pool.close()


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_edge")
    yield pool
    await pool.close()


@pytest.fixture
async def board(writer: asyncpg.Pool, generation: str) -> Board:
    return Board(generation, BoardStore(writer))


@pytest.fixture
def end() -> End:
    return End()


@pytest.fixture
def snapshots(pool: asyncpg.Pool, redis: Redis, generation: str, end: End) -> Snapshots:
    return Snapshots(pool, redis, CURSORS, Generation(generation, PARTITIONS), end, wait_seconds=1.0)


async def test_a_snapshot_has_the_living_elements_in_their_order(snapshots: Snapshots, board: Board) -> None:
    await board.keep(
        0,
        element("b", index="a1"),
        element("dead", isDeleted=True),
        element("a", index="a1"),
        element("z", index="Zz", text="ключ"),
    )

    found = await snapshots.read(board.id)

    answer = orjson.loads(found.encoded.body)
    assert answer["board_id"] == board.id
    assert answer["complete"] is True
    assert answer["contains"] == {"log": board.generation, "next": 1}
    assert [each["id"] for each in answer["elements"]] == ["z", "a", "b"]
    assert answer["elements"][0]["text"] == "ключ"
    assert orjson.loads(found.elements) == answer["elements"]


async def test_its_cursor_is_the_room_before_reading_and_the_place_of_what_was_read(
    snapshots: Snapshots, board: Board, redis: Redis
) -> None:
    await board.show(redis, mark=1, seq=7)
    await board.keep(4, element("a"))

    found = await snapshots.read(board.id)

    cursor = CURSORS.decode(board.room, found.cursor)
    assert (cursor.epoch, cursor.seq) == ("e1", 7)
    assert cursor.mark == Mark(board.generation, board.partition, 5)
    assert 80_000 < cursor.fresh_until_ms - snapshots._now_ms() <= 90_000
    # The store reads whole records, so the position stands for the whole one.
    assert CURSORS.decode_position(board.id, found.position) == Position(
        board.generation, board.partition, 4, LAST_INDEX
    )


async def test_what_is_shown_while_the_elements_are_read_comes_after_the_cursor(
    snapshots: Snapshots, board: Board, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.show(redis, mark=1, seq=1)
    await board.keep(0, element("a"))
    load = snapshots._contents.living

    async def meanwhile(board_id: str) -> Any:
        content = await load(board_id)
        await board.keep(1, element("b"))
        await board.show(redis, mark=2, seq=2)
        return content

    monkeypatch.setattr(snapshots._contents, "living", meanwhile)

    found = await snapshots.read(board.id)

    assert [each["id"] for each in orjson.loads(found.elements)] == ["a"]
    assert CURSORS.decode(board.room, found.cursor).seq == 1


async def test_a_snapshot_waits_until_the_store_contains_what_the_room_has_shown(
    snapshots: Snapshots, board: Board, redis: Redis
) -> None:
    await board.show(redis, mark=6)
    await board.keep(3, element("a", 1))
    reading = asyncio.create_task(snapshots.read(board.id))
    done, _ = await asyncio.wait([reading], timeout=0.1)
    assert not done

    await board.keep(5, element("a", 2))

    assert orjson.loads((await reading).elements)[0]["version"] == 2


async def test_a_store_that_stays_behind_is_unavailable(snapshots: Snapshots, board: Board, redis: Redis) -> None:
    await board.show(redis, mark=6)
    await board.keep(3, element("a"))

    with pytest.raises(ApiError) as refused:
        await snapshots.read(board.id)

    assert refused.value.code == "unavailable"


async def test_a_room_that_knows_no_place_asks_where_the_log_ends(
    snapshots: Snapshots, board: Board, redis: Redis, end: End
) -> None:
    await board.show(redis, mark=None)
    end.place = (2, 6)
    await board.keep(3, element("a", 1))
    reading = asyncio.create_task(snapshots.read(board.id))
    done, _ = await asyncio.wait([reading], timeout=0.1)
    assert not done

    await board.keep(5, element("a", 2))

    assert orjson.loads((await reading).elements)[0]["version"] == 2
    await snapshots.read(board.id)
    assert end.asked == 1


@pytest.mark.parametrize("place", [(0, 0), (9, 9)])
async def test_a_log_with_nothing_in_it_is_contained(
    snapshots: Snapshots, board: Board, end: End, place: tuple[int, int]
) -> None:
    end.place = place

    found = await snapshots.read(board.id)

    assert found.elements == b"[]"
    assert CURSORS.decode(board.room, found.cursor).mark == Mark(board.generation, board.partition, 0)


async def test_a_place_of_another_life_of_the_log_is_none(
    snapshots: Snapshots, board: Board, redis: Redis, end: End
) -> None:
    await redis.hset(
        keys.state(board.room),
        mapping={"e": "e1", "s": 1, "run": (await redis.info("server"))["run_id"], "o": f"old:{board.partition}:99"},
    )

    assert (await snapshots.read(board.id)).epoch == "e1"
    assert end.asked == 1


async def test_without_redis_the_cursor_is_a_position_alone(
    pool: asyncpg.Pool, board: Board, generation: str, end: End
) -> None:
    await board.keep(4, element("a"))
    away = rooms_redis(Settings(redis_url="redis://127.0.0.1:1/0"))
    snapshots = Snapshots(pool, away, CURSORS, Generation(generation, PARTITIONS), end)

    found = await snapshots.read(board.id)

    assert found.epoch is None
    assert orjson.loads(found.encoded.body)["epoch"] is None
    cursor = CURSORS.decode(board.room, found.cursor)
    assert (cursor.epoch, cursor.mark) == (None, Mark(generation, board.partition, 5))
    assert (await snapshots.delta(board.id, cursor)).elements == b"[]"
    await away.aclose()


async def test_without_kafka_a_room_that_knows_no_place_gives_a_position_alone(
    snapshots: Snapshots, board: Board, redis: Redis, end: End
) -> None:
    await board.show(redis, mark=None)
    await board.keep(4, element("a"))
    end.place = None

    assert (await snapshots.read(board.id)).epoch is None


async def test_a_delta_has_what_changed_since_tombstones_too(snapshots: Snapshots, board: Board, redis: Redis) -> None:
    await board.keep(0, element("a"), element("b"))
    await board.keep(1, element("c"))
    before = CURSORS.decode(board.room, (await snapshots.read(board.id)).cursor)
    await board.keep(2, element("b", 2, isDeleted=True))
    await board.keep(3, element("d"))
    await board.show(redis, mark=4, seq=4)

    found = await snapshots.delta(board.id, before)

    assert found.complete is False
    assert [(each["id"], each["isDeleted"]) for each in orjson.loads(found.elements)] == [("b", True), ("d", False)]
    assert CURSORS.decode(board.room, found.cursor).seq == 4


async def test_an_op_that_lost_the_merge_is_no_change(snapshots: Snapshots, board: Board, redis: Redis) -> None:
    await board.keep(0, element("a", 5))
    before = CURSORS.decode(board.room, (await snapshots.read(board.id)).cursor)
    await board.keep(1, element("a", 4))
    await board.show(redis, mark=2, seq=2)

    assert (await snapshots.delta(board.id, before)).elements == b"[]"


@pytest.mark.parametrize("mark", [None, Mark("another life", 0, 999)])
async def test_a_delta_since_no_known_place_is_everything(
    snapshots: Snapshots, board: Board, mark: Mark | None
) -> None:
    await board.keep(0, element("a"), element("b", isDeleted=True))

    found = await snapshots.delta(board.id, Cursor(board.room, "e", 1, mark))

    assert [each["id"] for each in orjson.loads(found.elements)] == ["a", "b"]


async def test_rows_of_an_earlier_life_of_the_log_are_not_news(snapshots: Snapshots, board: Board) -> None:
    await board.keep(70, element("old"), generation="earlier")
    await board.keep(0, element("new"))

    found = await snapshots.delta(board.id, Cursor(board.room, "e", 1, Mark(board.generation, board.partition, 0)))

    assert [each["id"] for each in orjson.loads(found.elements)] == ["new"]


async def test_a_position_is_waited_for(snapshots: Snapshots, board: Board) -> None:
    await board.keep(0, element("a"))
    waiting = asyncio.create_task(snapshots.contains(board.id, Position(board.generation, board.partition, 3)))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done

    await board.keep(3, element("a", 2))

    await waiting


async def test_a_position_that_does_not_come_is_unavailable_and_a_foreign_one_invalid(
    snapshots: Snapshots, board: Board
) -> None:
    with pytest.raises(ApiError) as refused:
        await snapshots.contains(board.id, Position(board.generation, board.partition, 3), 0.1)
    with pytest.raises(CursorInvalid):
        await snapshots.contains(board.id, Position("another life", board.partition, 0))

    assert refused.value.code == "unavailable"


async def test_after_a_position_is_contained_every_read_has_it(
    snapshots: Snapshots, board: Board, redis: Redis
) -> None:
    await board.show(redis, mark=1)
    await board.keep(0, element("a", 1))
    assert orjson.loads((await snapshots.read(board.id)).elements)[0]["version"] == 1
    await board.keep(1, element("a", 2))  # the room has not shown it yet

    await snapshots.contains(board.id, Position(board.generation, board.partition, 1))

    assert orjson.loads((await snapshots.read(board.id)).elements)[0]["version"] == 2


async def test_a_storm_of_readers_reads_once(
    snapshots: Snapshots, board: Board, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.show(redis, mark=1)
    await board.keep(0, element("a"))
    loads = count_loads(snapshots, monkeypatch)

    found = await asyncio.gather(*(snapshots.read(board.id) for _ in range(200)))
    packed = await asyncio.gather(*(snapshot.encoded.packed() for snapshot in found))

    assert loads == ["living"]
    assert len({id(snapshot.encoded.body) for snapshot in found}) == len(set(map(id, packed))) == 1
    assert gzip.decompress(packed[0]) == found[0].encoded.body


async def test_a_quiet_board_is_given_again_without_asking_the_store(
    snapshots: Snapshots, board: Board, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.show(redis, mark=1)
    await board.keep(0, element("a"))
    loads = count_loads(snapshots, monkeypatch)
    first = await snapshots.read(board.id)
    monkeypatch.setattr(snapshots._contained, "wait", None)

    assert await snapshots.read(board.id) is first
    assert loads == ["living"]


async def test_a_snapshot_is_given_again_only_while_its_cursor_stays_good_for_a_minute(
    snapshots: Snapshots, board: Board, redis: Redis
) -> None:
    await board.show(redis, mark=1)
    await board.keep(0, element("a"))
    start = snapshots._now_ms()
    left = []
    for second in range(100):
        snapshots._now_ms = lambda now=start + second * 1000: now
        cursor = CURSORS.decode(board.room, (await snapshots.read(board.id)).cursor)
        left.append(cursor.fresh_until_ms - snapshots._now_ms())

    assert min(left) >= 60_000


async def test_a_change_is_put_on_top_of_what_is_known(
    snapshots: Snapshots, board: Board, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.keep(0, element("a", index="a1"), element("b", index="a2"), element("c", index="a3"))
    await board.show(redis, mark=1, seq=1)
    await snapshots.read(board.id)
    loads = count_loads(snapshots, monkeypatch)
    await board.keep(1, element("b", 2, isDeleted=True), element("c", 2, index="a0"), element("d", index="Zz"))
    await board.show(redis, mark=2, seq=2)

    found = await snapshots.read(board.id)

    assert loads == ["changed"]
    assert [each["id"] for each in orjson.loads(found.elements)] == ["d", "c", "a"]
    assert CURSORS.decode(board.room, found.cursor).seq == 2
    assert found.elements == (await snapshots._contents.living(board.id)).elements


async def test_a_change_that_the_room_has_shown_is_never_missing(
    snapshots: Snapshots, board: Board, redis: Redis
) -> None:
    """Storms of readers while the board changes: nobody gets less than the room had shown when he asked."""

    async def read(shown: int) -> None:
        found = await snapshots.read(board.id)
        assert orjson.loads(found.elements)[0]["version"] >= shown
        assert found.content.mark.next >= CURSORS.decode(board.room, found.cursor).seq

    async with asyncio.TaskGroup() as group:
        for offset in range(60):
            await board.show(redis, mark=offset + 1, seq=offset + 1)
            for _ in range(10):
                group.create_task(read(offset + 1))
            await asyncio.sleep(0.002)
            await board.keep(offset, element("a", offset + 1))


async def test_a_store_brought_back_to_an_earlier_moment_is_read_anew(
    snapshots: Snapshots, board: Board, redis: Redis, writer: asyncpg.Pool
) -> None:
    await board.keep(9, element("a"), element("lost"))
    await board.show(redis, mark=10, seq=1)
    await snapshots.read(board.id)
    await writer.execute("delete from board_store.checkpoints")
    await writer.execute("delete from board_store.elements where board_id = $1 and id = 'lost'", board.id)
    await board.keep(3, element("a", 2))
    await board.show(redis, mark=4, seq=300)

    found = await snapshots.read(board.id)

    assert [(each["id"], each["version"]) for each in orjson.loads(found.elements)] == [("a", 2)]


async def test_a_room_of_another_epoch_gets_another_cursor(snapshots: Snapshots, board: Board, redis: Redis) -> None:
    await board.keep(0, element("a"))
    await board.show(redis, mark=1, seq=1)
    await snapshots.read(board.id)
    await redis.hset(keys.state(board.room), mapping={"e": "e2", "s": 0})

    assert (await snapshots.read(board.id)).epoch == "e2"


async def test_what_is_kept_is_bounded_by_its_bytes(snapshots: Snapshots, board: Board) -> None:
    bound = 100_000
    snapshots._cache = BoundedBytes(bound)
    for offset in range(6):
        other = Board(board.generation, board._store)
        await other.keep(offset, *(element(f"e{number}", text="x" * 100) for number in range(100)))
        assert len(orjson.loads((await snapshots.read(other.id)).elements)) == 100
        assert 0 < snapshots._cache.size <= bound
    await board.keep(9, *(element(f"e{number}", text="x" * 1000) for number in range(100)))

    assert len(orjson.loads((await snapshots.read(board.id)).elements)) == 100
    assert snapshots._cache.get(board.id) is None


async def test_elements_and_place_are_of_one_moment(pool: asyncpg.Pool, board: Board, generation: str) -> None:
    """While a writer moves an element and the checkpoint together, no reader sees them apart."""
    contents = Contents(pool, Generation(generation, PARTITIONS))
    await board.keep(0, element("a", 1))
    done = asyncio.Event()

    async def write() -> None:
        for offset in range(1, 200):
            await board.keep(offset, element("a", offset + 1))
        done.set()

    async def read() -> None:
        while not done.is_set():
            for content in (await contents.living(board.id), await contents.changed(board.id, None)):
                assert orjson.loads(content.elements)[0]["version"] == content.mark.next

    await asyncio.gather(write(), read(), read())


async def test_a_snapshot_and_the_events_after_it_are_the_whole_board(
    edges: Edges, snapshots: Snapshots, board: Board, log: Log, room: str
) -> None:
    """Visitors come while people draw; the store lags behind the room, then the room behind the store."""
    rooms = await edges.start()
    chance = random.Random(3)
    ops: list[dict[str, Any]] = []
    late: asyncio.Queue[int] = asyncio.Queue()

    async def draw() -> None:
        for offset in range(150):
            ops.append(element(chance.choice("abcdef"), chance.randint(1, 60), x=offset))
            entry = _entry(board, offset, ops[offset])
            if chance.random() < 0.5:
                await log.store.append({board.room: [entry]})
                late.put_nowait(offset)
            else:
                late.put_nowait(offset)
                await late.join()
                await log.store.append({board.room: [entry]})
            await asyncio.sleep(chance.uniform(0, 0.01))
        late.put_nowait(-1)

    async def keep() -> None:
        while (offset := await late.get()) >= 0:
            await asyncio.sleep(chance.uniform(0, 0.02))
            await board.keep(offset, ops[offset])
            late.task_done()

    async def visit(name: str) -> tuple[Any, list[dict[str, Any]]]:
        await asyncio.sleep(chance.uniform(0, 1))
        member = Recorder(name)
        found = await snapshots.read(board.id)
        joined = await rooms.join(board.room, member, CURSORS.decode(board.room, found.cursor))
        assert joined in member.answers
        return member, orjson.loads(found.elements)

    *visits, _, _ = await asyncio.gather(*(visit(f"c{n}") for n in range(20)), draw(), keep())

    wanted = fold(ops)
    assert len(await _stored(snapshots, board)) == len(wanted)
    await until(lambda: all(member.answers[0].seq + len(member.seqs) == 150 for member, _ in visits))
    for member, elements in visits:
        state = fold([*elements, *(drawn for event in member.events for drawn in event["data"]["elements"])])
        assert state == wanted


async def test_kafka_says_where_a_partition_ends(settings: Settings) -> None:
    generations = await read_generations(settings)
    ends = Ends(settings, "test")

    first, end = await ends.of("boards.ops", 0)
    again = await ends.of("boards.ops", 0)
    await ends.close()

    assert generations["boards.ops"].partitions == PARTITIONS
    assert (first, end) == again
    assert 0 <= first <= end


async def test_kafka_away_is_said() -> None:
    ends = Ends(Settings(kafka_bootstrap="127.0.0.1:1"), "test")

    with pytest.raises(Unavailable):
        await ends.of("boards.ops", 0)


async def test_an_answer_is_shared_kept_for_a_moment_and_bounded() -> None:
    asked = 0

    async def ask() -> bytes:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return b"x" * 60

    sharing: Sharing[bytes] = Sharing(kept_seconds=30, kept_size=100)
    await asyncio.gather(*(sharing.get("a", ask) for _ in range(5)))
    await sharing.get("a", ask)
    assert asked == 1

    await sharing.get("b", ask)  # over the size: the older one is forgotten
    await sharing.get("a", ask)

    assert asked == 3


async def test_one_who_goes_away_does_not_take_the_answer_from_the_others() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def ask() -> bytes:
        begun.set()
        await go.wait()
        return b"x"

    sharing: Sharing[bytes] = Sharing(kept_seconds=1, kept_size=100)
    first = asyncio.create_task(sharing.get("a", ask))
    await begun.wait()
    second = asyncio.create_task(sharing.get("a", ask))
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait([first])
    go.set()

    assert await second == b"x"


async def test_an_answer_of_a_round_was_asked_for_after_the_call() -> None:
    moment = asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        seen = moment
        await asyncio.sleep(0)
        return seen

    rounds: Rounds[int] = Rounds()
    calls = []
    for _ in range(50):
        moment += 1
        calls.append((moment, asyncio.create_task(rounds.get("a", ask))))
        if moment % 5 == 0:
            await asyncio.sleep(0)

    assert all([await call >= called for called, call in calls])
    assert asked < 25


async def test_a_round_that_fails_or_is_left_does_not_stop_the_next() -> None:
    go = asyncio.Event()

    async def fail() -> int:
        await go.wait()
        raise Unavailable("not now")

    async def answer() -> int:
        return 1

    rounds: Rounds[int] = Rounds()
    first, left = (asyncio.create_task(rounds.get("a", fail)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(rounds.get("a", answer))
    await asyncio.sleep(0)
    left.cancel()
    go.set()

    with pytest.raises(Unavailable):
        await first
    assert await second == 1
    assert (rounds._next, rounds._running) == ({}, {})


async def test_a_failure_is_not_kept() -> None:
    async def fail() -> bytes:
        raise Unavailable("not now")

    async def answer() -> bytes:
        return b"x"

    sharing: Sharing[bytes] = Sharing(kept_seconds=1, kept_size=100)
    with pytest.raises(Unavailable):
        await sharing.get("a", fail)

    assert await sharing.get("a", answer) == b"x"


def count_loads(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the store from now on."""
    loads: list[str] = []

    def counted(name: str) -> Any:
        read = getattr(snapshots._contents, name)

        async def count(*given: Any) -> Any:
            loads.append(name)
            return await read(*given)

        return count

    for name in ("living", "changed"):
        monkeypatch.setattr(snapshots._contents, name, counted(name))
    return loads


def _entry(board: Board, offset: int, drawn: dict[str, Any]) -> Entry:
    body = orjson.dumps({"id": new_id(), "data": {"elements": [drawn]}})[1:]
    mark = f"{board.generation}:{board.partition}:{offset + 1}"
    return Entry("boards.ops", board.partition, board.generation, offset, mark, "", (body,))


async def _stored(snapshots: Snapshots, board: Board) -> list[Any]:
    await snapshots.contains(board.id, Position(board.generation, board.partition, 149))
    return orjson.loads((await snapshots.delta(board.id, Cursor(board.room, "e", 0, None))).elements)
