"""The script that numbers, keeps and publishes a room's events, on a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from compose.embedded.stack import Stack
from consumers.room_fanout.entry import CHUNK_EVENTS, chunks
from consumers.room_fanout.store import RoomStore
from consumers.room_fanout.tests.a_room import NOW, ROOM, WINDOW, bodies, fact, numbered, op, seqs, state
from topics.rooms import keys, notice
from topics.rooms.notice import Notice
from topics.runtime.connections import redis_client
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration


class Listener:
    """What is published on the room's channel."""

    def __init__(self, redis: Redis) -> None:
        self._pubsub = redis.pubsub(ignore_subscribe_messages=True)

    async def start(self) -> None:
        await self._pubsub.subscribe(keys.events_channel(ROOM))
        await self._pubsub.get_message(timeout=5)  # the subscription itself: given as None

    async def take(self) -> Notice:
        while True:
            message = await self._pubsub.get_message(timeout=5)
            if message is not None:
                return notice.parse(message["data"])

    async def stop(self) -> None:
        await self._pubsub.aclose()


@pytest.fixture
async def listener(redis: Redis) -> AsyncIterator[Listener]:
    listener = Listener(redis)
    await listener.start()
    yield listener
    await listener.stop()


async def test_a_first_event_makes_an_epoch_and_is_published_with_its_mark(redis: Redis, listener: Listener) -> None:
    await RoomStore(redis, WINDOW).append({ROOM: [op(7, n=2)]}, NOW)

    made, told = await listener.take(), await listener.take()
    assert (made.first, made.last, made.body) == (1, 0, b"")
    assert (told.first, told.last, str(told.mark)) == (1, 2, "g1:4:8")
    assert made.epoch == told.epoch == (await state(redis))["e"]
    assert told.body == b'{"seq":1,"id":"7.0","pad":""},{"seq":2,"id":"7.1","pad":""}'
    assert await bodies(redis) == [told.body.decode()]
    assert await numbered(redis) == [(1, 2)]
    assert (await state(redis))["c"] == "2"


async def test_a_record_that_was_seen_is_dropped_and_publishes_nothing(redis: Redis, listener: Listener) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(7), op(8)]}, NOW)
    await listener.take(), await listener.take()

    again = await store.append({ROOM: [op(7), op(8)]}, NOW)
    more = await store.append({ROOM: [op(7), op(8), op(9)]}, NOW)

    assert (again, more) == (0, 1)
    assert await seqs(redis) == [1, 2, 3]
    told = await listener.take()
    assert (told.first, told.last, told.body) == (3, 3, b'{"seq":3,"id":"9.0","pad":""}')


async def test_offsets_of_each_partition_count_for_themselves(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)

    await store.append({ROOM: [op(100), fact(3, "a"), fact(4, "b")]}, NOW)
    await store.append({ROOM: [fact(4, "b"), op(100)]}, NOW)

    assert await seqs(redis) == [1, 2, 3]
    kept = await state(redis)
    assert (kept["t:boards.ops:4"], kept["t:boards.facts:0"]) == ("g1:100", "g9:4")


async def test_a_fact_that_comes_again_at_a_new_offset_is_dropped_by_its_id(redis: Redis, listener: Listener) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [fact(1, "a"), fact(2, "b")]}, NOW)
    await listener.take(), await listener.take()

    again = await store.append({ROOM: [fact(3, "a"), fact(4, "b"), fact(5, "c")]}, NOW)

    assert again == 1
    assert (await listener.take()).body == b'{"seq":3,"fact":"c"}'
    assert (await state(redis))["t:boards.facts:0"] == "g9:5"


async def test_the_ids_of_256_facts_are_remembered_and_no_more(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    ids = [f"01980c5e-0005-7a10-8f2e-{n:012d}" for n in range(300)]
    await store.append({ROOM: [fact(n, one) for n, one in enumerate(ids)]}, NOW)

    repeated = await store.append({ROOM: [fact(1000 + n, one) for n, one in enumerate(ids[44:])]}, NOW)
    forgotten = await store.append({ROOM: [fact(2000, ids[0])]}, NOW)

    assert (repeated, forgotten) == (0, 1)
    assert len((await state(redis))["f"]) <= 256 * 37


async def test_the_mark_of_an_entry_is_that_of_its_last_op_and_a_fact_moves_none(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(1), op(2, n=2), fact(9, "a")]}, NOW)
    await store.append({ROOM: [fact(10, "b")]}, NOW)

    marks = [fields[b"o"] for _, fields in await redis.xrange(keys.window(ROOM))]
    assert marks == [b"g1:4:3", b"g1:4:3"]


async def test_a_room_without_ops_has_no_mark(redis: Redis, listener: Listener) -> None:
    await RoomStore(redis, WINDOW).append({ROOM: [fact(9, "a")]}, NOW)

    await listener.take()
    assert (await listener.take()).mark is None
    assert "o" not in await state(redis)


async def test_big_numbers_stay_whole(redis: Redis, listener: Listener) -> None:
    big = 10**15 + 1
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(1)]}, NOW)
    await redis.unlink(keys.window(ROOM))
    await redis.hset(keys.state(ROOM), mapping={"s": big, "t:boards.ops:4": f"g1:{big}"})
    await listener.take(), await listener.take()

    await store.append({ROOM: [op(big), op(big + 1)]}, NOW)

    told = await listener.take()
    assert (told.first, told.last, str(told.mark)) == (big + 1, big + 1, f"g1:4:{big + 2}")
    assert told.body.startswith(b'{"seq":%d,' % (big + 1))
    assert (await state(redis))["s"] == str(big + 1)
    assert (await state(redis))["t:boards.ops:4"] == f"g1:{big + 1}"
    assert await seqs(redis) == [big + 1]


async def test_a_topic_made_anew_starts_a_new_epoch(redis: Redis, listener: Listener) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(50)]}, NOW)
    before = (await state(redis))["e"]
    await listener.take(), await listener.take()

    await store.append({ROOM: [op(0, generation="g2")]}, NOW)

    after = await state(redis)
    assert after["e"] != before
    assert (after["s"], after["o"], after["t:boards.ops:4"]) == ("1", "g2:4:1", "g2:0")
    assert (await listener.take()).epoch == after["e"]


async def test_a_room_of_another_run_of_the_server_starts_a_new_epoch_and_forgets_its_mark(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(50), op(51)]}, NOW)
    before = (await state(redis))["e"]
    await redis.hset(keys.state(ROOM), "run", "0" * 40)

    await store.append({ROOM: [fact(1, "a")]}, NOW)

    after = await state(redis)
    assert after["e"] != before
    assert after["s"] == "1"
    assert "o" not in after
    assert await bodies(redis) == ['{"seq":1,"fact":"a"}']


async def test_a_new_epoch_is_told_even_when_nothing_is_new(redis: Redis, listener: Listener) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(50)]}, NOW)
    await listener.take(), await listener.take()
    await redis.hset(keys.state(ROOM), "run", "0" * 40)

    assert await store.append({ROOM: [op(50)]}, NOW) == 0

    told = await listener.take()
    assert (told.first, told.last, told.epoch) == (1, 0, (await state(redis))["e"])


async def test_a_window_that_outlived_its_state_is_dropped(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(n) for n in range(3)]}, NOW)
    await redis.unlink(keys.state(ROOM))

    await store.append({ROOM: [op(3)]}, NOW)

    assert await seqs(redis) == [1]


async def test_rooms_are_apart(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)

    await store.append({ROOM: [op(0), op(1)], "board:other": [op(0)], "user:u": [fact(1, "a")]}, NOW)

    assert await seqs(redis) == [1, 2]
    assert await redis.hget(keys.state("board:other"), "s") == b"1"
    assert await redis.hget(keys.state("user:u"), "s") == b"1"


async def test_a_server_that_lost_the_script_gets_it_again(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(0)]}, NOW)
    await redis.script_flush()

    await store.append({ROOM: [op(1)], "board:other": [op(1)]}, NOW)

    assert await seqs(redis) == [1, 2]


async def test_a_killed_server_that_comes_back_has_a_new_epoch(valkey: Stack) -> None:
    redis = redis_client(Settings(redis_url=valkey.environment()["DOSKA_REDIS_URL"]))
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(0), op(1)]})
    before = (await state(redis))["e"]
    await valkey.kill9("valkey")
    await valkey.restart("valkey")

    with pytest.raises((RedisError, OSError)):
        await store.append({ROOM: [op(1), op(2)]})
    await store.append({ROOM: [op(1), op(2)]})

    after = await state(redis)
    assert after["e"] != before
    assert after["run"] == (await redis.info("server"))["run_id"]
    # What the lost second took with it decides whether offset 1 comes again; what is there is gapless.
    kept = await seqs(redis)
    assert kept in ([1], [1, 2])
    assert all(second == first + 1 for first, second in pairwise(kept))
    await redis.aclose()


async def test_concurrent_writers_of_one_room_leave_no_gap(redis: Redis) -> None:
    store = RoomStore(redis, replace(WINDOW, keep_events=10_000))

    async def write(partition: int) -> None:
        for offset in range(50):
            await store.append({ROOM: [op(offset, partition=partition)]})

    async with asyncio.TaskGroup() as group:
        for partition in range(4):
            group.create_task(write(partition))

    assert await seqs(redis) == list(range(1, 201))


def test_entries_are_cut_into_runs_of_bounded_size() -> None:
    many = list(chunks([op(n, n=3) for n in range(200)]))
    large = list(chunks([op(n, size=900_000) for n in range(5)]))

    assert [entry.offset for chunk in many for entry in chunk] == list(range(200))
    assert max(sum(len(entry.bodies) for entry in chunk) for chunk in many) <= CHUNK_EVENTS
    assert [len(chunk) for chunk in large] == [2, 2, 1]
    assert [len(chunk) for chunk in chunks([op(1, n=CHUNK_EVENTS + 1), op(2)])] == [1, 1]
