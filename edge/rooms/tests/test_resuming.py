"""Joins since a cursor, on a real Valkey: exactly what was missed, or an honest stale."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from edge.rooms.cursor import Cursor
from edge.rooms.member import Joined, Stale
from edge.rooms.replay import Limits
from edge.rooms.tests.stage import CURSORS, Edges, Log, Recorder, cursor_of, until
from topics.rooms import keys
from topics.rooms.mark import Mark

pytestmark = pytest.mark.integration
SMALL = Limits(events=10, seconds=300, bytes=5000)


async def test_a_join_since_a_cursor_in_the_window_gets_exactly_what_it_missed(
    edges: Edges, log: Log, room: str
) -> None:
    rooms, member, other = await edges.start(), Recorder("c1"), Recorder("c2")
    await rooms.join(room, other)
    await rooms.join(room, member)
    await log.draw(room, 3)
    await until(lambda: member.seqs == [1, 2, 3])
    since = cursor_of(member, room)
    rooms.leave(room, member)
    await log.draw(room, 5)

    joined = await rooms.join(room, member, since)
    await log.draw(room, 2)

    assert (joined.seq, joined.cursor) == (3, CURSORS.encode(since))
    await until(lambda: member.seqs == [4, 5, 6, 7, 8, 9, 10])
    await until(lambda: other.seqs == list(range(1, 11)))
    assert cursor_of(member, room) == cursor_of(other, room)


async def test_the_cursor_of_a_replayed_page_stands_where_its_last_event_stands(
    edges: Edges, log: Log, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, 3, size=200_000)
    member.reading.clear()

    await rooms.join(room, member, CURSORS.decode(room, start.cursor))

    await until(lambda: member.replayed == 1)
    assert member.seqs == [1, 2]
    assert (cursor_of(member, room).seq, cursor_of(member, room).mark) == (2, Mark("g1", 0, 2))
    member.reading.set()
    await until(lambda: member.seqs == [1, 2, 3])


async def test_events_that_were_numbered_together_are_replayed_together(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, 3, together=True)
    await log.draw(room, 2, together=True)

    await rooms.join(room, member, CURSORS.decode(room, start.cursor))

    await until(lambda: member.seqs == [1, 2, 3, 4, 5])
    assert (cursor_of(member, room).seq, cursor_of(member, room).mark) == (5, Mark("g1", 0, 5))
    behind = replace(CURSORS.decode(room, start.cursor), seq=3)
    await rooms.join(room, member, behind)
    await until(lambda: member.seqs == [4, 5])


async def test_a_cursor_between_events_that_were_numbered_together_is_stale(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)
    await log.draw(room, 3, together=True)
    await until(lambda: member.seqs == [1, 2, 3])

    # No frame ends there: nobody is given such a cursor.
    between = replace(CURSORS.decode(room, start.cursor), seq=2)

    assert await rooms.join(room, member, between) == Stale(room, "window")


async def test_a_replay_goes_as_fast_as_its_client_reads_and_loses_nothing_meanwhile(
    edges: Edges, log: Log, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await log.draw(room, 1)
    await rooms.join(room, member)
    since = cursor_of(member, room)
    rooms.leave(room, member)
    await log.draw(room, 4, size=100_000)
    member.reading.clear()
    await rooms.join(room, member, since)
    await until(lambda: member.replayed == 1)

    for _ in range(10):
        await log.draw(room)
    seen = list(member.seqs)
    member.reading.set()

    assert seen == [2, 3, 4]
    await until(lambda: member.seqs == list(range(2, 16)))
    await log.draw(room)
    await until(lambda: member.seqs == list(range(2, 17)))


async def test_a_replay_whose_window_goes_away_ends_in_a_reset(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, 6, size=100_000)
    member.reading.clear()
    await rooms.join(room, member, CURSORS.decode(room, start.cursor))
    await until(lambda: member.replayed == 1)
    await redis.unlink(keys.window(room))

    member.reading.set()

    await until(lambda: member.resets == [room])
    assert not rooms.is_in(room, member)
    assert member.seqs == [1, 2, 3]


@pytest.mark.parametrize(
    ("missed", "size", "answer"), [(10, 0, Joined), (11, 0, Stale), (5, 900, Joined), (5, 1100, Stale)]
)
async def test_more_events_or_bytes_than_the_limits_are_stale(  # noqa: PLR0917 - parameters and fixtures
    edges: Edges, log: Log, room: str, missed: int, size: int, answer: type
) -> None:
    rooms, member = await edges.start(SMALL), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, missed, size=size)

    again = await rooms.join(room, member, CURSORS.decode(room, start.cursor))

    assert isinstance(again, answer)
    assert again in (Stale(room, "window"), member.answers[-1])
    assert rooms.is_in(room, member) == (answer is Joined)


async def test_a_first_missed_event_older_than_the_limit_is_stale(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    rooms, member = await edges.start(SMALL), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    seconds, micros = await redis.time()
    now_ms = seconds * 1000 + micros // 1000
    await log.draw(room, now_ms=now_ms - 301_000)
    await log.draw(room, now_ms=now_ms)
    first = CURSORS.decode(room, start.cursor)

    assert await rooms.join(room, member, first) == Stale(room, "window")
    assert isinstance(await rooms.join(room, member, replace(first, seq=1)), Joined)


async def test_nothing_missed_is_never_stale_however_long_ago(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(SMALL), Recorder("c1")
    await log.draw(room, 3)
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await redis.unlink(keys.window(room))

    assert isinstance(await rooms.join(room, member, CURSORS.decode(room, start.cursor)), Joined)


async def test_a_cursor_that_a_snapshot_gave_a_moment_ago_may_miss_any_number(
    edges: Edges, log: Log, room: str
) -> None:
    rooms, member = await edges.start(SMALL), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, 50, size=1000)
    given = CURSORS.decode(room, start.cursor)
    now_ms = rooms._now_ms()

    assert isinstance(await rooms.join(room, member, replace(given, fresh_until_ms=int(now_ms) + 60_000)), Joined)
    await until(lambda: member.seqs == list(range(1, 51)))
    assert await rooms.join(room, member, replace(given, fresh_until_ms=int(now_ms) - 1)) == Stale(room, "window")


async def test_events_that_left_the_window_are_stale_even_for_a_fresh_cursor(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)
    rooms.leave(room, member)
    await log.draw(room, 3)
    await redis.xdel(keys.window(room), "1-0")
    fresh = replace(CURSORS.decode(room, start.cursor), fresh_until_ms=2**45)

    assert await rooms.join(room, member, fresh) == Stale(room, "window")


@pytest.mark.parametrize("epoch", ["another", None])
async def test_a_cursor_of_another_epoch_or_of_none_is_stale(
    edges: Edges, log: Log, room: str, epoch: str | None
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await log.draw(room)

    assert await rooms.join(room, member, Cursor(room, epoch, 1, None)) == Stale(room, "epoch")
    assert not rooms.is_in(room, member)


async def test_a_cursor_from_the_future_is_stale(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    start = await rooms.join(room, member)

    assert await rooms.join(room, member, Cursor(room, start.epoch, 7, None)) == Stale(room, "epoch")
    assert not rooms.is_in(room, member)


async def test_the_numbers_of_one_epoch_are_not_events_of_another(edges: Edges, log: Log, room: str) -> None:
    reader = (await edges.start())._listening.reader
    await log.draw(room, 3)
    [state] = await reader.open([room])

    assert [each.first for each in await reader.page(room, state.epoch, 2, 3)] == [2, 3]
    assert await reader.page(room, "another", 2, 3) == []
    assert (await reader.measure(room, state.epoch, 2, 3, 1000)).first == 2
    assert await reader.measure(room, "another", 2, 3, 1000) is None
