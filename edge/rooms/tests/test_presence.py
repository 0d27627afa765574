"""Who is there and where they point, on a real Valkey with several edges."""

import asyncio
import dataclasses
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from edge.rooms.member import Joined
from edge.rooms.presence import TICK_SECONDS
from edge.rooms.tests.stage import LIMIT_SECONDS, Edges, Log, Recorder, until
from topics.rooms import keys


def pointer(x: float) -> dict[str, Any]:
    return {"pointer": {"x": x, "y": 0}}


@pytest.mark.integration
async def test_a_move_is_seen_by_the_others_on_every_edge_and_not_by_oneself(edges: Edges, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    mover, neighbour, distant = Recorder("c1"), Recorder("c2"), Recorder("c3")
    for rooms, member in ((near, mover), (near, neighbour), (far, distant)):
        await rooms.join(room, member)

    near.move(room, mover, pointer(5))

    await until(lambda: neighbour.moves.get("c1") == pointer(5))
    await until(lambda: distant.moves.get("c1") == pointer(5))
    assert "c1" not in mover.moves


@pytest.mark.integration
async def test_a_join_is_shown_with_its_name_and_later_moves_without(edges: Edges, room: str) -> None:
    rooms, watcher, comer = await edges.start(), Recorder("c1"), Recorder("c2")
    await rooms.join(room, watcher)

    await rooms.join(room, comer)
    await until(lambda: watcher.moves.get("c2") == {})
    rooms.move(room, comer, pointer(1))
    await until(lambda: watcher.moves.get("c2") == pointer(1))

    assert watcher.names == {"c2": "name of c2"}
    assert "name" not in watcher.presence[-1]["moves"][0]


@pytest.mark.integration
async def test_who_joins_learns_who_is_there_and_where_they_pointed_last(edges: Edges, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    first, second, third = Recorder("c1"), Recorder("c2"), Recorder("c3")
    await near.join(room, first)
    await near.join(room, second)
    near.move(room, first, pointer(7))
    await until(lambda: second.moves.get("c1") == pointer(7))

    joined = await far.join(room, third)

    assert set(members_of(joined)) == {"c1", "c2", "c3"}
    assert members_of(joined)["c1"] == dataclasses.asdict(first.person)
    assert orjson.loads(joined.presence) == {
        "kind": "presence",
        "room": room,
        "moves": [{"connection": "c1", "user_id": first.person.user_id, "data": pointer(7)}],
        "gone": [],
    }


@pytest.mark.integration
async def test_the_last_of_many_moves_arrives_and_not_each(edges: Edges, room: str) -> None:
    rooms, mover, watcher = await edges.start(), Recorder("c1"), Recorder("c2")
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await rooms.join(room, mover)
    await rooms.join(room, watcher)

    for x in range(200):
        rooms.move(room, mover, pointer(x))
        await asyncio.sleep(0.001)

    await until(lambda: watcher.moves.get("c1") == pointer(199))
    # One at once and one with each tick: how many that are is a matter of how long this took.
    assert len(watcher.presence) <= 1 + (loop.time() - begun) / TICK_SECONDS


@pytest.mark.integration
async def test_who_leaves_is_told_to_be_gone(edges: Edges, redis: Redis, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    leaver, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, leaver)
    await far.join(room, watcher)

    near.leave(room, leaver)

    await until(lambda: watcher.gone == ["c1"])
    await until_members(redis, room, {"c2"})


@pytest.mark.integration
async def test_an_edge_that_ends_says_that_its_members_are_gone(edges: Edges, redis: Redis, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    await near.join(room, Recorder("c1"))
    await until_members(redis, room, {"c1"})
    watcher = Recorder("c2")
    await far.join(room, watcher)

    await edges.stop(near)

    await until(lambda: watcher.gone == ["c1"])


@pytest.mark.integration
async def test_the_members_of_a_killed_edge_are_told_to_be_gone_by_the_others(
    edges: Edges, redis: Redis, room: str
) -> None:
    near, far = await edges.start(), await edges.start()
    await near.join(room, Recorder("c1"))
    await until_members(redis, room, {"c1"})
    watcher = Recorder("c2")
    await far.join(room, watcher)
    await edges.stop(near, crash=True)
    await redis.delete(keys.lease(near._edge))

    await far.check()

    await until(lambda: watcher.gone == ["c1"])
    late = await far.join(room, Recorder("c3"))
    assert set(members_of(late)) == {"c2", "c3"}
    await until_members(redis, room, {"c2", "c3"})


@pytest.mark.integration
async def test_the_dead_are_not_among_the_members_of_a_room_that_nobody_watched(
    edges: Edges, redis: Redis, room: str
) -> None:
    near, far = await edges.start(), await edges.start()
    await near.join(room, Recorder("c1"))
    await until_members(redis, room, {"c1"})
    await edges.stop(near, crash=True)
    await redis.delete(keys.lease(near._edge))

    joined = await far.join(room, Recorder("c2"))

    assert list(members_of(joined)) == ["c2"]


@pytest.mark.integration
async def test_a_living_member_that_was_told_to_be_gone_shows_up_again(
    edges: Edges, log: Log, redis: Redis, room: str
) -> None:
    near, far = await edges.start(), await edges.start()
    taken_for_dead, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, taken_for_dead)
    await far.join(room, watcher)
    await until_members(redis, room, {"c1", "c2"})

    await log.move(room, orjson.dumps({"room": room, "edge": "x", "moves": [], "gone": ["c1"]}))

    await until_members(redis, room, {"c1", "c2"})
    # Gone and back within one tick is told as back.
    await until(lambda: last_told(watcher, "c1") == {"name": "name of c1", "data": {}})


@pytest.mark.integration
async def test_a_lost_leaving_is_repaired_by_the_check(edges: Edges, redis: Redis, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    member, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, member)
    await near.join(room, Recorder("c3"))
    await far.join(room, watcher)
    await until_members(redis, room, {"c1", "c2", "c3"})
    near._moves.gone = lambda *_: None
    near.leave(room, member)
    del near._moves.gone

    await near.check()

    await until(lambda: watcher.gone == ["c1"])


@pytest.mark.integration
async def test_presence_that_was_published_to_nobody_is_repaired_by_the_check(
    edges: Edges, redis: Redis, room: str
) -> None:
    near, far = await edges.start(), await edges.start()
    watcher, comer, leaver = Recorder("c1"), Recorder("c2"), Recorder("c3")
    await far.join(room, watcher)
    await near.join(room, leaver)
    await until(lambda: "c3" in watcher.moves)
    far._listening._subscriber._on_message = lambda *_: None
    await near.join(room, comer)
    near.leave(room, leaver)
    await until_members(redis, room, {"c1", "c2"})

    await far.check()

    await until(lambda: watcher.gone == ["c3"])
    assert watcher.moves["c2"] == {}


def last_told(member: Recorder, connection: str) -> dict[str, Any] | None:
    """What a member was told last of a connection; None when that was that it is gone, or nothing."""
    last = None
    for told in member.presence:
        if connection in told["gone"]:
            last = None
        for move in told["moves"]:
            if move["connection"] == connection:
                last = {"name": move.get("name"), "data": move["data"]}
    return last


def members_of(joined: Joined) -> dict[str, Any]:
    """Who is in, by connection."""
    return {member["connection"]: member for member in orjson.loads(b"[" + joined.members + b"]")}


@pytest.mark.integration
async def test_a_member_that_is_behind_is_told_later_what_counts_then(edges: Edges, room: str) -> None:
    rooms, slow, quick, leaver = await edges.start(), Recorder("slow"), Recorder("quick"), Recorder("leaver")
    for member in (slow, quick, leaver):
        await rooms.join(room, member)
    await until(lambda: len(slow.moves) == 2)
    slow.behind = True
    slow.presence.clear()
    for x in range(20):
        rooms.move(room, leaver, pointer(-x))
        rooms.move(room, quick, pointer(x))
        await asyncio.sleep(0.01)
    rooms.leave(room, leaver)
    await until(lambda: quick.gone == ["leaver"])
    assert slow.presence == []

    slow.behind = False

    await until(lambda: slow.presence)
    assert slow.moves == {"quick": pointer(19)}
    assert slow.gone == ["leaver"]


@pytest.mark.integration
async def test_many_members_are_told_in_steps_and_edits_go_between(
    edges: Edges, room: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.rooms.live_room.TOLD_AT_ONCE", 2)
    rooms, members = await edges.start(), [Recorder(f"c{n}") for n in range(9)]
    for member in members:
        await rooms.join(room, member)

    rooms.move(room, members[0], pointer(1))
    await log.draw(room, 3)

    for member in members[1:]:
        await until(lambda member=member: member.moves.get("c0") == pointer(1) and member.seqs == [1, 2, 3])


async def until_members(redis: Redis, room: str, wanted: set[str]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while {name.decode() for name in await redis.hkeys(keys.members(room))} != wanted:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)
