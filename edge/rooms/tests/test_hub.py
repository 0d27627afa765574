"""Rooms on a real Valkey: what members see."""

import asyncio
import random
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from edge.errors import ApiError
from edge.rooms.cursor import Cursor
from edge.rooms.frames import Prepared
from edge.rooms.hub import Rooms
from edge.rooms.live_room import MANY
from edge.rooms.member import Joined, Stale
from edge.rooms.replay import Limits
from edge.rooms.room_reader import RoomState
from edge.rooms.tests.stage import CURSORS, Edges, Log, Recorder, cursor_of, until
from topics.rooms import keys
from topics.rooms.mark import Mark

pytestmark = pytest.mark.integration

SMALL = Limits(events=10, seconds=300, bytes=5000)


async def test_a_join_since_nothing_sees_what_happens_from_now_on(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await log.draw(room, 3)

    joined = await rooms.join(room, member)
    await log.draw(room, 2)

    assert isinstance(joined, Joined)
    assert member.answers == [joined]
    assert (joined.seq, joined.room) == (3, room)
    await until(lambda: member.seqs == [4, 5])
    assert cursor_of(member, room) == Cursor(room, joined.epoch, 5, Mark("g1", 0, 5))


async def test_the_first_visitor_of_a_room_that_never_was_begins_its_numbering(
    edges: Edges, log: Log, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")

    joined = await rooms.join(room, member)
    await log.draw(room)

    assert joined.seq == 0
    await until(lambda: member.seqs == [1])


async def test_a_busy_edge_compresses_only_what_many_get(edges: Edges, log: Log, room: str) -> None:
    rooms = await edges.start()
    rooms._listening._tempo.limit = -1
    frames: list[Prepared] = []

    class Keeping(Recorder):
        def deliver(self, frame: Prepared) -> None:
            super().deliver(frame)
            if self.events:
                frames.append(frame)

    members = [Keeping(f"c{n}") for n in range(MANY)]
    for count in (1, MANY):
        for member in members[:count]:
            if not rooms.is_in(room, member):
                await rooms.join(room, member)
        frames.clear()
        await log.draw(room, size=2000)
        await until(lambda count=count: len(frames) >= count)
        assert (frames[0].packed is frames[0].plain) is (count < MANY)


async def test_members_of_all_edges_see_the_same_events_in_the_same_order(edges: Edges, log: Log, room: str) -> None:
    members = [Recorder(f"c{n}") for n in range(6)]
    hubs = [await edges.start(), await edges.start()]
    for n, member in enumerate(members):
        await hubs[n % 2].join(room, member)

    async def write() -> None:
        for _ in range(20):
            await log.draw(room, random.randint(1, 4))

    await asyncio.gather(*(write() for _ in range(4)))

    last = int(await log.store._redis.hget(keys.state(room), "s"))
    await until(lambda: all(member.seqs == list(range(1, last + 1)) for member in members))
    assert all(member.events == members[0].events for member in members)


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


async def test_a_client_that_saw_more_elsewhere_is_not_shown_it_again(edges: Edges, log: Log, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    member, other = Recorder("c1"), Recorder("c2")
    await near.join(room, member)
    await far.join(room, other)
    deaf(far)
    await log.draw(room, 5)
    await until(lambda: member.seqs == [1, 2, 3, 4, 5])
    assert other.seqs == []
    near.leave(room, member)

    joined = await far.join(room, member, cursor_of(member, room))
    hearing(far)
    await log.draw(room)

    assert joined.seq == 5
    await until(lambda: member.seqs == [6])
    await until(lambda: other.seqs == [1, 2, 3, 4, 5, 6])


async def test_what_is_published_while_a_room_is_opened_is_not_lost(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    reader = rooms._listening.reader
    read = reader.open

    async def slowly(names: list[str]) -> list[RoomState]:
        states = await read(names)
        await log.draw(room, 2)
        await until(lambda: rooms._listening.rooms[room]._early is not None)
        reader.open = read
        return states

    reader.open = slowly
    joined = await rooms.join(room, member)

    assert joined.seq == 0
    await until(lambda: member.seqs == [1, 2], "sooner than a check", seconds=2)


async def test_the_numbers_of_one_epoch_are_not_events_of_another(edges: Edges, log: Log, room: str) -> None:
    reader = (await edges.start())._listening.reader
    await log.draw(room, 3)
    [state] = await reader.open([room])

    assert [each.first for each in await reader.page(room, state.epoch, 2, 3)] == [2, 3]
    assert await reader.page(room, "another", 2, 3) == []
    assert (await reader.measure(room, state.epoch, 2, 3, 1000)).first == 2
    assert await reader.measure(room, "another", 2, 3, 1000) is None


async def test_a_second_join_replaces_the_first(edges: Edges, log: Log, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)
    await rooms.join(room, member)
    await log.draw(room, 2)

    await until(lambda: member.seqs == [1, 2])
    assert len(member.answers) == 2


async def test_stale_takes_out_of_the_room_who_was_in(edges: Edges, log: Log, room: str) -> None:
    rooms, member, other = await edges.start(), Recorder("c1"), Recorder("c2")
    await rooms.join(room, member)
    await rooms.join(room, other)

    await rooms.join(room, member, Cursor(room, "another", 1, None))
    await log.draw(room)

    await until(lambda: other.seqs == [1])
    assert member.seqs == []
    await until(lambda: "c1" in other.gone)


async def test_after_leaving_nothing_more_is_seen_and_the_room_is_closed(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    await rooms.join(room, member)

    assert rooms.leave(room, member)
    assert not rooms.leave(room, member)
    await log.draw(room)

    assert member.seqs == []
    await until_subscribers(redis, room, 0)


async def test_leaving_while_joining_ends_the_joining(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    joining = asyncio.create_task(rooms.join(room, member))
    await asyncio.sleep(0)
    rooms.leave(room, member)

    assert await joining == Stale(room, "epoch")
    assert member.answers == []
    await until_subscribers(redis, room, 0)


async def test_a_cancelled_join_leaves_nothing_behind(edges: Edges, log: Log, redis: Redis, room: str) -> None:
    rooms, member = await edges.start(), Recorder("c1")
    joining = asyncio.create_task(rooms.join(room, member))
    await asyncio.sleep(0)
    joining.cancel()
    await asyncio.wait([joining])

    assert not rooms.is_in(room, member)
    await until_subscribers(redis, room, 0)


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
    await until(lambda: member.seqs == list(range(1, 17)), "sooner than a check", seconds=2)


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


async def test_while_paused_nothing_is_shown_and_then_everything(edges: Edges, log: Log, room: str) -> None:
    rooms, member, other = await edges.start(), Recorder("c1"), Recorder("c2")
    start = await rooms.join(room, member)
    await log.draw(room)
    await until(lambda: member.seqs == [1])

    rooms.pause()
    await log.draw(room, 3)
    await until(lambda: rooms._listening.rooms[room].sequence.heard == 4)
    assert isinstance(await rooms.join(room, other, CURSORS.decode(room, start.cursor)), Joined)
    assert member.seqs == [1]
    rooms.resume()

    await until(lambda: member.seqs == [1, 2, 3, 4])
    await until(lambda: other.seqs == [1, 2, 3, 4])


@pytest.mark.parametrize("busy", [False, True])
async def test_joins_racing_with_events_leave_no_gap_and_no_double(
    edges: Edges, log: Log, redis: Redis, room: str, busy: bool
) -> None:
    """Members come, go, and resume on two edges while events flow and connections break; with and without a tick."""
    hubs = [await edges.start(), await edges.start()]
    for rooms in hubs:
        rooms._listening._tempo.limit = -1 if busy else 10**9
    chance = random.Random(7)
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await log.draw(room, chance.randint(1, 5), size=chance.choice([0, 0, 0, 5000]))
            await asyncio.sleep(chance.uniform(0, 0.004))

    async def break_connections() -> None:
        for _ in range(4):
            await asyncio.sleep(0.4)
            await redis.client_kill_filter(_type="pubsub")

    async def visit(name: str) -> list[int]:
        """What a client sees that comes and goes, from its first join on."""
        member, cursor, seen = Recorder(name), None, []
        for _ in range(12):
            rooms = chance.choice(hubs)
            joined = await rooms.join(room, member, cursor)
            assert isinstance(joined, Joined)
            assert cursor is None or joined.seq == cursor.seq
            await asyncio.sleep(chance.uniform(0, 0.15))
            rooms.leave(room, member)
            assert member.seqs == list(range(joined.seq + 1, joined.seq + 1 + len(member.seqs)))
            seen += member.seqs
            cursor = CURSORS.decode(room, member.cursor)
            assert cursor.seq == joined.seq + len(member.seqs)
        return seen

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(write())
        breaking = group.create_task(break_connections())
        visits = [group.create_task(visit(f"c{n}")) for n in range(12)]
        await asyncio.wait([breaking, *visits])
        done.set()

    all_seen = [each.result() for each in visits]
    assert all(seen == list(range(seen[0], seen[-1] + 1)) for seen in all_seen if seen)
    assert sum(map(len, all_seen)) > 500


def deaf(rooms: Rooms) -> None:
    """Messages get lost from here on."""
    rooms.missed = 0

    def lose(channel: str, payload: bytes) -> None:
        rooms.missed += channel.startswith("room:")

    rooms._listening._subscriber._on_message = lose


def hearing(rooms: Rooms) -> None:
    """Messages arrive again."""
    rooms._listening._subscriber._on_message = rooms._listening._on_message


async def until_subscribers(redis: Redis, room: str, count: int) -> None:
    found = [None]

    async def look() -> None:
        while found[0] != count:
            [(_, found[0])] = await redis.pubsub_numsub(keys.events_channel(room))
            await asyncio.sleep(0.01)

    async with asyncio.timeout(10):
        await look()
