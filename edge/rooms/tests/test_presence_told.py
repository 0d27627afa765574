"""What members are told of each other adds up to who is there."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.rooms.presence import Presence
from edge.ws.deflate import inflate

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


def said_by(frame: bytes) -> Any:
    """What a whole frame of either form says."""
    payload = frame[{126: 4, 127: 10}.get(frame[1], 2) :]
    return orjson.loads(inflate(payload, 1 << 20) if frame[0] == 0xC1 else payload)


def _move(connection: str, data: Mapping[str, Any]) -> dict[str, Any]:
    user = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"
    return {"connection": connection, "user_id": user, "name": "n", "color": "#fff", "data": data, "edge": "e", "at": 0}
