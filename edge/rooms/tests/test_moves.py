"""The sender of moves: what it puts together, how much of it, and what waits for the log."""

import asyncio
from typing import Any

import orjson

from edge.rooms.member import Person
from edge.rooms.moves import RECORD_CONNECTIONS, Moves
from edge.rooms.tests.stage import until
from schemas.codec import validate
from schemas.ids import new_id
from schemas.registry import registry
from topics.errors import Unavailable


async def test_leavings_are_sent_until_the_log_takes_them_and_old_moves_are_not() -> None:
    sent: list[dict[str, Any]] = []
    away, tried = True, asyncio.Event()

    async def send(room: str, value: bytes) -> None:
        tried.set()
        if away:
            raise Unavailable("Kafka is away")
        sent.append(orjson.loads(value))

    moves = Moves("edge-1", send)
    person = Person("c1", new_id(), "Анна", "#fff")
    task = asyncio.create_task(moves.run())
    moves.move("board:x", person, {})
    moves.move("board:x", Person("c2", new_id(), "Б", "#fff"), pointer(1))
    moves.gone("board:x", "c3")
    await tried.wait()
    away = False

    await until(lambda: sent)
    task.cancel()
    await asyncio.wait([task])
    assert [move["connection"] for move in sent[0]["moves"]] == ["c1"]
    assert sent[0]["gone"] == ["c3"]


async def test_a_record_of_moves_is_as_the_schema_says_and_bounded() -> None:
    sent: list[bytes] = []
    room = f"board:{new_id()}"

    async def send(_: str, value: bytes) -> None:
        sent.append(value)

    moves = Moves("edge-1", send)
    for n in range(RECORD_CONNECTIONS + 1):
        moves.gone(room, f"g{n}")
    for n in range(100):
        data = {"selection": [f"element-{k:055d}" for k in range(200)]}
        moves.move(room, Person(f"c{n}", new_id(), "Анна", "#1971c2"), data)
    await moves.settle()

    for value in sent:
        validate(registry().get("presence.moved"), orjson.loads(value))
        assert len(value) < 500_000
    assert sum(len(orjson.loads(value)["moves"]) for value in sent) == 100
    assert sum(len(orjson.loads(value)["gone"]) for value in sent) == RECORD_CONNECTIONS + 1


async def test_an_idle_room_is_forgotten_by_the_sender() -> None:
    async def send(room: str, value: bytes) -> None:
        return

    moves = Moves("edge-1", send)
    task = asyncio.create_task(moves.run())
    moves.gone("board:x", "c1")

    await until(lambda: moves._outboxes["board:x"].changes == {})
    await until(lambda: not moves._outboxes)
    task.cancel()
    await asyncio.wait([task])


def pointer(x: float) -> dict[str, Any]:
    return {"pointer": {"x": x, "y": 0}}
