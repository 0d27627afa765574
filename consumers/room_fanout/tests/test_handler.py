"""From records to events of rooms, and from moves to who is there."""

from typing import Any

import orjson
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ResponseError

from consumers.room_fanout.fanout import is_away
from consumers.room_fanout.handler import Place, room_events
from consumers.room_fanout.presence import fold
from schemas.envelope import Envelope
from schemas.registry import registry
from topics.errors import Reject

OPS = {mt.name: mt for mt in registry().types() if mt.within == "boards.ops_record"}
PLACE = Place("g1", 7)
EVENT_FIELDS = {"type", "id", "client_id", "actor", "connection", "time", "data"}


def envelope(type_: str, subject: str) -> Envelope:
    id_ = "01980c5e-0009-7a10-8f2e-3c4d5e6f7081"
    return Envelope(
        id=id_,
        type=type_,
        source="test",
        time="2026-05-04T10:11:12.345Z",
        subject=subject,
        dataschema=f"{type_}/1",
        correlationid=id_,
        actor="01980c5e-0001-7a10-8f2e-3c4d5e6f7081",
    )


def example(name: str) -> dict[str, Any]:
    return dict(registry().get(name).examples[0])


@pytest.mark.parametrize(
    "mt", [mt for mt in registry().types() if mt.rooms and mt.within is None], ids=lambda mt: mt.name
)
def test_every_type_with_rooms_shows_its_live_fields_and_nothing_else(mt: Any) -> None:
    for data in mt.examples:
        for room, [body] in room_events(mt, OPS, envelope(mt.name, "x"), data, PLACE).items():
            event = orjson.loads(b"{" + body)
            assert room.split(":")[0] in {"board", "board_owners", "workspace", "user"}
            assert event.keys() == EVENT_FIELDS
            assert event["data"].keys() <= mt.live


def test_each_op_of_a_record_is_an_event() -> None:
    record = example("boards.ops_record")
    board = record["ops"][0]["data"]["board_id"]
    record["ops"] = [record["ops"][0] | {"id": f"op {n}"} for n in range(3)]

    events = room_events(registry().get("boards.ops_record"), OPS, envelope("boards.ops_record", board), record, PLACE)

    assert list(events) == [f"board:{board}"]
    shown = [orjson.loads(b"{" + body) for body in events[f"board:{board}"]]
    assert [event["id"] for event in shown] == ["op 0", "op 1", "op 2"]
    assert all(event.keys() == EVENT_FIELDS for event in shown)
    assert shown[0]["data"] == {"elements": record["ops"][0]["data"]["elements"]}


def test_appended_points_say_where_they_stand() -> None:
    """A whole element may come again after a snapshot that contains it; points may not, so who reads both can tell."""
    record = next(
        example
        for example in registry().get("boards.ops_record").examples
        if any("type" in op for op in example["ops"])
    )
    board = record["ops"][0]["data"]["board_id"]

    [bodies] = room_events(
        registry().get("boards.ops_record"), OPS, envelope("boards.ops_record", board), record, PLACE
    ).values()

    drawn, points = [orjson.loads(b"{" + body) for body in bodies]
    assert (drawn["type"], drawn.keys()) == ("boards.draw", EVENT_FIELDS)
    assert (points["type"], points.keys()) == ("boards.append_points", EVENT_FIELDS | {"log", "offset"})
    assert (points["log"], points["offset"]) == ("g1", 7)
    assert points["data"] == {k: v for k, v in record["ops"][1]["data"].items() if k != "board_id"}


def test_ops_of_another_board_than_the_key_are_refused() -> None:
    with pytest.raises(Reject) as refused:
        room_events(
            registry().get("boards.ops_record"),
            OPS,
            envelope("boards.ops_record", "other"),
            example("boards.ops_record"),
            PLACE,
        )

    assert refused.value.errors[0].path == "/ops/0/data/board_id"


def test_the_last_word_about_a_connection_counts() -> None:
    def moved(moves: list[str], gone: list[str]) -> dict[str, Any]:
        return {"room": "r", "edge": "e", "moves": [{"connection": c, "data": {}} for c in moves], "gone": gone}

    [change] = fold([(moved(["a", "b", "c"], []), 1), (moved([], ["a", "b"]), 2), (moved(["a"], []), 3)]).values()

    assert list(change.moves) == ["c", "a"]
    assert list(change.gone) == ["b"]
    assert (change.moves["a"]["at"], change.moves["a"]["edge"]) == (3, "e")


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OSError("x"), True),
        (TimeoutError(), True),
        (RedisConnectionError("x"), True),
        (OutOfMemoryError("x"), True),
        (ResponseError("MISCONF Errors writing to the AOF file"), True),
        (ResponseError("user_script:3: a bug"), False),
    ],
)
def test_a_bug_of_the_script_is_not_taken_for_an_absent_redis(error: Exception, away: bool) -> None:
    assert is_away(error) is away
