"""Waiting until a position is in the store: real PostgreSQL, real Valkey."""

import asyncio

import orjson
import pytest
from redis.asyncio import Redis

from edge.errors import ApiError
from edge.rooms.cursor import CursorInvalid
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.kept_board import Board, element
from edge.rooms.tests.stage import LIMIT_SECONDS
from topics.bus.message import Position

pytestmark = pytest.mark.integration


async def test_a_position_is_waited_for(snapshots: Snapshots, board: Board) -> None:
    await board.keep(0, element("a"))
    waiting = asyncio.create_task(
        snapshots.contains(board.id, Position(board.generation, board.partition, 3), LIMIT_SECONDS)
    )
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

    await snapshots.contains(board.id, Position(board.generation, board.partition, 1), LIMIT_SECONDS)

    assert orjson.loads((await snapshots.read(board.id)).elements)[0]["version"] == 2
