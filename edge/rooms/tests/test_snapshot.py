"""Elements and the cursor that goes on where they end: real PostgreSQL, real Valkey."""

import asyncio
import random
from typing import Any

import asyncpg
import orjson
import pytest
from redis.asyncio import Redis

from consumers.room_fanout.entry import Entry
from edge.errors import ApiError
from edge.rooms.contents import Contents
from edge.rooms.cursor import Cursor
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.kept_board import PARTITIONS, Board, End, element
from edge.rooms.tests.stage import CURSORS, Edges, Log, Recorder, until
from edge.rooms.wiring import rooms_redis
from schemas.boards.merge import fold
from schemas.ids import new_id
from topics.bus.generations import Generation
from topics.bus.message import LAST_INDEX, Position
from topics.rooms import keys
from topics.rooms.mark import Mark
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


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


async def test_a_store_that_stays_behind_is_unavailable(
    pool: asyncpg.Pool, board: Board, redis: Redis, generation: str, end: End
) -> None:
    snapshots = Snapshots(pool, redis, CURSORS, Generation(generation, PARTITIONS), end, wait_seconds=0.5)
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


def _entry(board: Board, offset: int, drawn: dict[str, Any]) -> Entry:
    body = orjson.dumps({"id": new_id(), "data": {"elements": [drawn]}})[1:]
    mark = f"{board.generation}:{board.partition}:{offset + 1}"
    return Entry("boards.ops", board.partition, board.generation, offset, mark, "", (body,))


async def _stored(snapshots: Snapshots, board: Board) -> list[Any]:
    await snapshots.contains(board.id, Position(board.generation, board.partition, 149))
    return orjson.loads((await snapshots.delta(board.id, Cursor(board.room, "e", 0, None))).elements)
