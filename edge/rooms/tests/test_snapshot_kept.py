"""Snapshots that are given again, and changed ones on top of them: real PostgreSQL, real Valkey."""

import asyncio
import gzip
from typing import Any

import asyncpg
import orjson
import pytest
from redis.asyncio import Redis

from edge.rooms.bounded_bytes import BoundedBytes
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.kept_board import Board, element
from edge.rooms.tests.stage import CURSORS
from topics.rooms import keys

pytestmark = pytest.mark.integration


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
    # Of the clock's own fractions of a millisecond some are lost in seconds.
    start = float(int(snapshots._now_ms()))
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
