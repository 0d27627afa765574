"""What was published and not heard, on a real Valkey: found in the window, or a reset."""

import asyncio

import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from edge.errors import ApiError
from edge.rooms.member import Joined, Stale
from edge.rooms.tests.stage import Edges, Log, Recorder, cursor_of, deaf, hearing, until
from topics.rooms import keys

pytestmark = pytest.mark.integration


async def test_a_lost_message_is_read_from_the_window_with_the_next_one(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)
    await log.draw(room)
    await until(lambda: member.seqs == [1])

    deaf(rooms)
    await log.draw(room, 2, together=True)
    await asyncio.wait_for(log.store._redis.ping(), 5)
    await until(lambda: rooms.missed == 1)
    hearing(rooms)
    await log.draw(room)

    await until(lambda: member.seqs == [1, 2, 3, 4])


async def test_a_lost_last_message_is_found_by_the_check(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)
    deaf(rooms)
    await log.draw(room, 2, together=True)
    await until(lambda: rooms.missed == 1)

    await rooms.check()

    await until(lambda: member.seqs == [1, 2])


async def test_a_gap_that_the_window_cannot_fill_is_a_reset(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)
    deaf(rooms)
    await log.draw(room, 2, together=True)
    await until(lambda: rooms.missed == 1)
    await redis.unlink(keys.window(room))
    hearing(rooms)

    await log.draw(room)

    await until(lambda: member.resets == [room])
    assert member.seqs == []


async def test_what_is_published_while_the_connection_is_broken_is_not_lost(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)

    for _ in range(5):
        await redis.client_kill_filter(_type="pubsub")
        await log.draw(room, 3)

    await until(lambda: member.seqs == list(range(1, 16)))
    assert member.resets == []
    await until(lambda: rooms._listening._subscriber.connected)
    await rooms.check()
    await log.draw(room)
    await until(lambda: member.seqs == list(range(1, 17)), "without another check")


async def test_a_room_that_redis_forgot_is_reset(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await log.draw(room)
    await rooms.join(room, member)
    await redis.flushall()

    await log.draw(room)

    await until(lambda: member.resets == [room])
    assert member.seqs == []
    assert await rooms.join(room, member, cursor_of(member, room)) == Stale(room, "epoch")
    assert isinstance(await rooms.join(room, member), Joined)


async def test_an_idle_room_that_redis_forgot_is_reset_by_the_check(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)
    await redis.flushall()

    await rooms.check()

    assert member.resets == [room]


async def test_a_killed_redis_that_returns_resets_its_rooms_and_goes_on(
    edges: Edges, log: Log, valkey: Stack, redis: Redis, room: str
) -> None:
    hubs = [await edges.start(), await edges.start()]
    members = [Recorder("c1"), Recorder("c2")]
    for rooms, member in zip(hubs, members, strict=True):
        await rooms.join(room, member)
    await log.draw(room, 3)
    await until(lambda: all(member.seqs == [1, 2, 3] for member in members))

    await valkey.kill9("valkey")
    await until(lambda: not any(rooms._listening._subscriber.connected for rooms in hubs))
    with pytest.raises(ApiError) as refused:
        await hubs[0].join(f"{room}x", Recorder("c3"))
    assert refused.value.code == "unavailable"
    assert all(member.resets == [] for member in members)
    await valkey.restart("valkey")

    await until(lambda: all(member.resets == [room] for member in members))
    assert await hubs[0].join(room, members[0], cursor_of(members[0], room)) == Stale(room, "epoch")
    epochs = {(await rooms.join(room, member)).epoch for rooms, member in zip(hubs, members, strict=True)}
    assert len(epochs) == 1
    await log.draw(room, 2)
    await until(lambda: all(member.seqs == [1, 2] for member in members))
