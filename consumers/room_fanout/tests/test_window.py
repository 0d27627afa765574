"""What stays in the window of a room, and what leaves it, on a real Valkey."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from consumers.room_fanout.store import RoomStore
from consumers.room_fanout.tests.a_room import NOW, ROOM, WINDOW, append_each, bodies, op, seqs, state
from topics.rooms import keys

pytestmark = pytest.mark.integration


async def now_ms(redis: Redis) -> int:
    """The time of the server that lets keys expire."""
    seconds, microseconds = await redis.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


async def test_young_events_stay_however_many(redis: Redis) -> None:
    store = RoomStore(redis, replace(WINDOW, keep_bytes=1))

    await store.append({ROOM: [op(n) for n in range(10)]}, NOW)
    await store.append({ROOM: [op(10)]}, NOW + WINDOW.young_ms)

    assert await seqs(redis) == list(range(1, 12))


async def test_older_events_stay_within_the_count(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await append_each(store, NOW, *(op(n) for n in range(10)))

    await store.append({ROOM: [op(10)]}, NOW + WINDOW.young_ms + 1)

    assert await seqs(redis) == [9, 10, 11]
    assert (await state(redis))["c"] == "3"


async def test_an_entry_leaves_when_enough_is_left_without_it(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(n) for n in range(10)]}, NOW)

    await store.append({ROOM: [op(10), op(11)]}, NOW + WINDOW.young_ms + 1)
    assert await seqs(redis) == list(range(1, 13))
    await store.append({ROOM: [op(12)]}, NOW + WINDOW.young_ms + 2)

    assert await seqs(redis) == [11, 12, 13]


async def test_older_events_stay_within_their_age(redis: Redis) -> None:
    store = RoomStore(redis, replace(WINDOW, keep_events=1000))
    await store.append({ROOM: [op(0)]}, NOW)
    await store.append({ROOM: [op(1)]}, NOW + 1000)

    await store.append({ROOM: [op(2)]}, NOW + 300_000)
    assert await seqs(redis) == [1, 2, 3]
    await store.append({ROOM: [op(3)]}, NOW + 300_001)

    assert await seqs(redis) == [2, 3, 4]


async def test_older_events_stay_within_their_bytes(redis: Redis) -> None:
    store = RoomStore(redis, replace(WINDOW, keep_events=1000, keep_bytes=3500))
    await append_each(store, NOW, *(op(n, size=1000) for n in range(5)))
    assert len(await seqs(redis)) == 5

    await store.append({ROOM: [op(5)]}, NOW + WINDOW.young_ms + 1)

    assert await seqs(redis) == [3, 4, 5, 6]
    assert int((await state(redis))["b"]) == sum(map(len, await bodies(redis)))


async def test_nothing_is_kept_over_the_hard_bound_however_young(redis: Redis) -> None:
    store = RoomStore(redis, replace(WINDOW, most_bytes=3500))

    await append_each(store, NOW, *(op(n, size=1000) for n in range(5)))

    assert await seqs(redis) == [3, 4, 5]
    assert int((await state(redis))["b"]) == sum(map(len, await bodies(redis)))


async def test_hundreds_of_old_events_leave_in_one_run(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await append_each(store, NOW, *(op(n) for n in range(300)))

    await store.append({ROOM: [op(300)]}, NOW + WINDOW.young_ms + 1)

    assert await seqs(redis) == [299, 300, 301]


async def test_an_idle_hour_leaves_in_one_run(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await append_each(store, NOW, *(op(n) for n in range(300)))

    await store.append({ROOM: [op(300)]}, NOW + 3_600_000)

    assert await seqs(redis) == [301]
    assert (await state(redis))["c"] == "1"


async def test_a_window_that_expired_counts_no_bytes(redis: Redis) -> None:
    store = RoomStore(redis, WINDOW)
    await store.append({ROOM: [op(0, size=1000)]}, NOW)
    await redis.unlink(keys.window(ROOM))

    await store.append({ROOM: [op(1)]}, NOW)

    assert int((await state(redis))["b"]) == sum(map(len, await bodies(redis)))
    assert await seqs(redis) == [2]


async def test_an_idle_room_leaves_by_itself(redis: Redis) -> None:
    before = await now_ms(redis)
    await RoomStore(redis, WINDOW).append({ROOM: [op(0)]})
    after = await now_ms(redis)

    for key, kept_ms in ((keys.window(ROOM), 300_000), (keys.state(ROOM), 86_400_000)):
        assert before + kept_ms <= await redis.pexpiretime(key) <= after + kept_ms
