"""What changed on a board since a cursor: real PostgreSQL, real Valkey."""

import orjson
import pytest
from redis.asyncio import Redis

from edge.rooms.cursor import Cursor
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.kept_board import Board, element
from edge.rooms.tests.stage import CURSORS
from topics.rooms.mark import Mark

pytestmark = pytest.mark.integration


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
