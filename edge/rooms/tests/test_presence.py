"""Who is there and where they point, on a real Valkey with several edges."""

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from edge.rooms.member import Joined, Person
from edge.rooms.moves import RECORD_CONNECTIONS, Moves
from edge.rooms.presence import Presence
from edge.rooms.tests.stage import Edges, Log, Recorder, until
from edge.ws.deflate import inflate
from schemas.codec import validate
from schemas.ids import new_id
from schemas.registry import registry
from topics.errors import Unavailable
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
    await rooms.join(room, mover)
    await rooms.join(room, watcher)

    for x in range(200):
        rooms.move(room, mover, pointer(x))
        await asyncio.sleep(0.001)

    await until(lambda: watcher.moves.get("c1") == pointer(199))
    assert len(watcher.presence) < 40


@pytest.mark.integration
async def test_who_leaves_is_told_to_be_gone(edges: Edges, redis: Redis, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    leaver, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, leaver)
    await far.join(room, watcher)

    near.leave(room, leaver)

    await until(lambda: watcher.gone == ["c1"])
    assert await redis.hkeys(keys.members(room)) == [b"c2"]


@pytest.mark.integration
async def test_an_edge_that_ends_says_that_its_members_are_gone(edges: Edges, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    await near.join(room, Recorder("c1"))
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
async def test_a_living_member_that_was_told_to_be_gone_shows_up_again(edges: Edges, log: Log, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    taken_for_dead, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, taken_for_dead)
    await far.join(room, watcher)

    await log.move(room, orjson.dumps({"room": room, "edge": "x", "moves": [], "gone": ["c1"]}))

    await until(lambda: watcher.gone == ["c1"])
    await until(lambda: watcher.presence[-1]["moves"] and watcher.presence[-1]["moves"][0]["connection"] == "c1")
    assert watcher.names["c1"] == "name of c1"


@pytest.mark.integration
async def test_a_lost_leaving_is_repaired_by_the_check(edges: Edges, redis: Redis, room: str) -> None:
    near, far = await edges.start(), await edges.start()
    member, watcher = Recorder("c1"), Recorder("c2")
    await near.join(room, member)
    await near.join(room, Recorder("c3"))
    await far.join(room, watcher)
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


async def test_leavings_are_sent_until_the_log_takes_them_and_old_moves_are_not() -> None:
    sent: list[dict[str, Any]] = []
    away = True

    async def send(room: str, value: bytes) -> None:
        if away:
            raise Unavailable("Kafka is away")
        sent.append(orjson.loads(value))

    moves = Moves("edge-1", send)
    person = Person("c1", new_id(), "Анна", "#fff")
    task = asyncio.create_task(moves.run())
    moves.move("board:x", person, {})
    moves.move("board:x", Person("c2", new_id(), "Б", "#fff"), pointer(1))
    moves.gone("board:x", "c3")
    await asyncio.sleep(0.1)
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


changes = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["join", "move", "gone", "tell"])), min_size=1, max_size=30
)


@settings(deadline=None)
@given(changes)
def test_what_members_were_told_adds_up_to_who_is_there(steps: list[tuple[str, str]]) -> None:
    presence = Presence("board:x")
    there: dict[str, Any] = {}
    told: dict[str, Any] = {}
    named: set[str] = set()

    def tell() -> None:
        frame = orjson.loads(presence.take().shared.payload)
        for move in frame["moves"]:
            told[move["connection"]] = move["data"]
            if "name" in move:
                named.add(move["connection"])
        for connection in frame["gone"]:
            told.pop(connection, None)
            named.discard(connection)

    for n, (connection, step) in enumerate(steps):
        if step == "tell":
            tell()
        elif step == "gone":
            there.pop(connection, None)
            presence.apply([], [connection])
        else:
            data = {} if step == "join" else {"n": n}
            there[connection] = data
            presence.apply([_move(connection, data)], [])
    tell()

    assert told == there
    assert named == set(there)
    assert presence.people.keys() == set(there)


@settings(deadline=None)
@given(changes, st.integers(0, 30))
def test_a_comparison_changes_nothing_that_moved_after_it_began(steps: list[tuple[str, str]], cut: int) -> None:
    presence = Presence("board:x")
    presence.begin({})
    there: dict[str, Any] = {}

    def do(step: tuple[str, str]) -> None:
        connection, what = step
        if what == "gone":
            there.pop(connection, None)
            presence.apply([], [connection])
        else:
            there[connection] = {}
            presence.apply([_move(connection, {})], [])

    for step in steps[:cut]:
        do(step)
    presence.begin_comparison()
    seen = {connection: _move(connection, {}) for connection in there}
    for step in steps[cut:]:
        do(step)
    presence.compare(seen)

    assert presence.people.keys() == set(there)


def test_what_was_heard_before_the_room_was_read_is_newer() -> None:
    presence = Presence("board:x")
    presence.apply([_move("a", {"x": 2})], ["b"])

    presence.begin({name: _move(name, {"x": 1}) for name in "abc"})

    moves = orjson.loads(presence.last_moves(""))["moves"]
    assert {move["connection"]: move["data"] for move in moves} == {"a": {"x": 2}, "c": {"x": 1}}


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 33, 200])
@pytest.mark.parametrize("gone", [[], ["z"], ["z", "y"]])
def test_a_member_is_not_told_about_itself_in_either_form(count: int, gone: list[str]) -> None:
    presence = Presence("board:x")
    names = [f"c{n}" for n in range(count)]
    presence.apply([_move(name, {}) for name in gone], [])
    presence.take()
    presence.apply([_move(name, {"x": n}) for n, name in enumerate(names)], gone)

    told = presence.take()

    assert told.to("stranger") is told.shared
    for name in (*names, *gone):
        frame = told.to(name)
        wanted = {"moves": {*names} - {name}, "gone": {*gone} - {name}}
        if not wanted["moves"] and not wanted["gone"]:
            assert frame is None
            continue
        assert frame is not None
        for said in (frame.plain, frame.packed):
            read = said_by(said)
            assert {move["connection"] for move in read["moves"]} == wanted["moves"]
            assert {*read["gone"]} == wanted["gone"]
            assert len(read["moves"]) == len(wanted["moves"])


def members_of(joined: Joined) -> dict[str, Any]:
    """Who is in, by connection."""
    return {member["connection"]: member for member in orjson.loads(b"[" + joined.members + b"]")}


def said_by(frame: bytes) -> Any:
    """What a whole frame of either form says."""
    payload = frame[{126: 4, 127: 10}.get(frame[1], 2) :]
    return orjson.loads(inflate(payload, 1 << 20) if frame[0] == 0xC1 else payload)


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


def _move(connection: str, data: Mapping[str, Any]) -> dict[str, Any]:
    user = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"
    return {"connection": connection, "user_id": user, "name": "n", "color": "#fff", "data": data, "edge": "e", "at": 0}


async def until_members(redis: Redis, room: str, wanted: set[str]) -> None:
    async with asyncio.timeout(10):
        while {name.decode() for name in await redis.hkeys(keys.members(room))} != wanted:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)
