"""The fan-out as a process on the real log: killed, and its Redis killed, under load."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from compose.embedded.stack import Stack
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from schemas.registry import registry
from topics.bus.publish import Publisher
from topics.rooms import keys, notice
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(420)]
WAIT_SECONDS = 90

USER = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"
TIME = "2026-05-04T10:11:12.345Z"


def envelope(subject: str, type_: str, id_: str | None = None) -> Envelope:
    id_ = id_ or new_id()
    mt = registry().get(type_)
    return Envelope(
        id=id_,
        type=type_,
        source="test",
        time=TIME,
        subject=subject,
        dataschema=mt.dataschema,
        correlationid=id_,
        actor=USER,
    )


def draw(board_id: str, ids: list[str]) -> bytes:
    example: dict[str, Any] = dict(registry().get("boards.draw").examples[0])
    shell = {
        "actor": USER,
        "connection": "c1",
        "client_id": "c-1",
        "time": TIME,
        "data": example | {"board_id": board_id},
    }
    return orjson.dumps({"ops": [{"id": id_} | shell for id_ in ids]})


@dataclass
class Observer:
    """Everything that was published on a room's channel, over all connections."""

    room: str
    notices: list[notice.Notice] = field(default_factory=list)

    async def listen(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.subscribe(keys.events_channel(self.room))
                    async for message in pubsub.listen():
                        self.notices.append(notice.parse(message["data"]))
            except (RedisError, OSError):
                await asyncio.sleep(0.05)


@pytest.fixture
def environment(prepared_environment: dict[str, str], valkey: Stack) -> dict[str, str]:
    return {
        **prepared_environment,
        "DOSKA_REDIS_URL": valkey.environment()["DOSKA_REDIS_URL"],
        "DOSKA_REPLICA": "kill",
        # Everything is in the window to the end, however long it takes to come up again and again.
        "DOSKA_RESUME_EVENTS": "1000000",
        "DOSKA_RESUME_SECONDS": "3600",
    }


@pytest.fixture
async def board(redis: Redis) -> AsyncIterator[tuple[str, Observer]]:
    board_id = new_id()
    observer = Observer(f"board:{board_id}")
    listening = asyncio.create_task(observer.listen(redis))
    yield board_id, observer
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening


async def start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "room_fanout"),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def window(redis: Redis, room: str) -> list[dict[str, Any]]:
    try:
        entries = await redis.xrange(keys.window(room))
        return [event for _, fields in entries for event in orjson.loads(b"[" + fields[b"d"] + b"]")]
    except (RedisError, OSError):
        return []


async def until_shown(redis: Redis, room: str, id_: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while id_ not in [event["id"] for event in await window(redis, room)]:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)


async def test_killed_under_load_it_shows_every_op_once_and_in_order(
    environment: dict[str, str], settings: Settings, redis: Redis, board: tuple[str, Observer]
) -> None:
    board_id, observer = board
    drawn: list[str] = []
    killed = 0

    async def write_once(publisher: Publisher) -> None:
        ids = [new_id(), new_id()]
        drawn.extend(ids)
        value, headers = draw(board_id, ids), to_headers(envelope(board_id, "boards.ops_record"))
        await (await publisher.send("boards.ops", board_id.encode(), value, headers))

    async def write(publisher: Publisher) -> None:
        while killed < 3:
            await write_once(publisher)
            await asyncio.sleep(0.02)  # a window holds so many bytes and no more
        # What none of those that were killed has shown: the last process is up when it is there.
        await write_once(publisher)

    async def kill() -> None:
        nonlocal killed
        while killed < 3:
            process = await start(environment)
            await until_shown(redis, observer.room, drawn[-1])
            await asyncio.sleep(0.1)
            process.kill()
            await process.wait()
            killed += 1

    async with Publisher(settings, "test") as publisher, asyncio.TaskGroup() as group:
        group.create_task(write(publisher))
        await asyncio.sleep(0.1)
        group.create_task(kill())
    process = await start(environment)
    try:
        await until_shown(redis, observer.room, drawn[-1])
    finally:
        process.terminate()
        assert await process.wait() == 0

    events = await window(redis, observer.room)
    assert [event["id"] for event in events] == drawn
    assert [event["seq"] for event in events] == list(range(1, len(drawn) + 1))
    assert {key: events[0][key] for key in ("type", "client_id", "actor", "connection", "time")} == {
        "type": "boards.draw",
        "client_id": "c-1",
        "actor": USER,
        "connection": "c1",
        "time": TIME,
    }
    assert events[0]["data"].keys() == {"elements"}
    told = [each for each in observer.notices if each.body]
    assert [event["seq"] for each in told for event in orjson.loads(b"[" + each.body + b"]")] == [
        event["seq"] for event in events
    ]


async def test_a_redis_that_is_killed_gets_every_later_op_in_a_new_epoch(
    environment: dict[str, str], settings: Settings, valkey: Stack, redis: Redis, board: tuple[str, Observer]
) -> None:
    board_id, observer = board
    drawn: list[str] = []

    async def write(publisher: Publisher) -> None:
        id_ = new_id()
        drawn.append(id_)
        value, headers = draw(board_id, [id_]), to_headers(envelope(board_id, "boards.ops_record"))
        await (await publisher.send("boards.ops", board_id.encode(), value, headers))

    process = await start(environment)
    try:
        async with Publisher(settings, "test") as publisher:
            for _ in range(20):
                await write(publisher)
            await until_shown(redis, observer.room, drawn[-1])
            await valkey.kill9("valkey")
            for _ in range(20):
                await write(publisher)
            await valkey.restart("valkey")
            await until_shown(redis, observer.room, drawn[-1])
            for _ in range(20):
                await write(publisher)
            await until_shown(redis, observer.room, drawn[-1])
    finally:
        process.terminate()
        assert await process.wait() == 0

    epochs = list(dict.fromkeys(each.epoch for each in observer.notices))
    assert len(epochs) == 2
    seen = {
        epoch: [
            event for each in observer.notices if each.epoch == epoch for event in orjson.loads(b"[" + each.body + b"]")
        ]
        for epoch in epochs
    }
    for events in seen.values():
        assert [event["seq"] for event in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    kept = await window(redis, observer.room)
    assert [event["seq"] for event in kept] == list(range(1, len(kept) + 1))
    assert [event["id"] for event in kept][-40:] == drawn[-40:]


async def test_facts_go_to_their_rooms_with_what_may_be_seen_and_junk_goes_nowhere(
    environment: dict[str, str], settings: Settings, redis: Redis, board: tuple[str, Observer]
) -> None:
    board_id, observer = board
    renamed = {"board_id": board_id, "title": "Ретро", "revision": 2}
    repeated = envelope(board_id, "boards.board_renamed")
    process = await start(environment)
    try:
        async with Publisher(settings, "test") as publisher:
            await publisher.publish(repeated, renamed)
            await publisher.publish(repeated, renamed)
            junk = await publisher.send("boards.facts", board_id.encode(), b"not json", to_headers(repeated))
            await junk
            last = envelope(board_id, "boards.board_archived")
            await publisher.publish(last, {"board_id": board_id, "revision": 3})
            await until_shown(redis, observer.room, last.id)
    finally:
        process.terminate()
        assert await process.wait() == 0

    events = await window(redis, observer.room)
    assert [(event["seq"], event["type"], event["id"]) for event in events] == [
        (1, "boards.board_renamed", repeated.id),
        (2, "boards.board_archived", last.id),
    ]
    assert (events[0]["data"]["title"], events[0]["actor"], events[0]["connection"]) == ("Ретро", USER, None)


async def test_presence_goes_to_its_room_and_is_remembered(
    environment: dict[str, str], settings: Settings, redis: Redis
) -> None:
    room = f"board:{new_id()}"
    move = {
        "connection": "c1",
        "user_id": USER,
        "name": "Анна",
        "color": "#1971c2",
        "data": {"pointer": {"x": 1, "y": 2}},
    }
    process = await start(environment)
    try:
        async with Publisher(settings, "test") as publisher:
            for moves, gone in (([move, move | {"connection": "c2"}], []), ([], ["c2"])):
                data = {"room": room, "edge": "e1", "moves": moves, "gone": gone}
                await publisher.publish(envelope(room, "presence.moved"), data)
            async with asyncio.timeout(WAIT_SECONDS):
                while await redis.hkeys(keys.members(room)) != [b"c1"]:  # noqa: ASYNC110 - a test looks from outside
                    await asyncio.sleep(0.05)
    finally:
        process.terminate()
        assert await process.wait() == 0

    held = orjson.loads(await redis.hget(keys.members(room), "c1"))
    assert {name: held[name] for name in move} == move
    assert held["edge"] == "e1"
