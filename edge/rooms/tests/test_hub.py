"""Rooms on a real Valkey: what members see from their joining to their leaving."""

import asyncio
import random

import pytest
from redis.asyncio import Redis

from edge.rooms.cursor import Cursor
from edge.rooms.frames import Prepared
from edge.rooms.live_room import MANY
from edge.rooms.member import Joined, Stale
from edge.rooms.replay import Limits
from edge.rooms.room_reader import RoomState
from edge.rooms.tests.stage import (
    CURSORS,
    LIMIT_SECONDS,
    Edges,
    Log,
    Recorder,
    cursor_of,
    deaf,
    hearing,
    payload_of,
    until,
)
from topics.rooms import keys
from topics.rooms.mark import Mark

pytestmark = pytest.mark.integration


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
            # Presence of those who came goes its own way, and comes whenever it comes.
            if payload_of(frame)["kind"] == "events":
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
    await until(lambda: member.seqs == [1, 2], "without a check")


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
    # Whoever is held up for a moment has missed thousands: how much may be missed is not what this is about.
    all_of_it = Limits(events=10**6, seconds=300, bytes=2**30)
    hubs = [await edges.start(all_of_it), await edges.start(all_of_it)]
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
        member, cursor, seen, times = Recorder(name), None, [], 0
        # A busy machine writes less in the same time.
        while times < 12 or len(seen) < 50:
            times += 1
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


async def until_subscribers(redis: Redis, room: str, count: int) -> None:
    found = [None]

    async def look() -> None:
        while found[0] != count:
            [(_, found[0])] = await redis.pubsub_numsub(keys.events_channel(room))
            await asyncio.sleep(0.01)

    async with asyncio.timeout(LIMIT_SECONDS):
        await look()
