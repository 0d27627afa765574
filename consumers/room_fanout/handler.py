"""From a record to the events of rooms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from schemas.boards.append import DRAW
from schemas.envelope import Envelope
from schemas.problems import Problem
from schemas.registry import MessageType
from schemas.rooms import live_view, rooms_of
from topics.errors import Reject

OPS_RECORD = "boards.ops_record"

OpTypes: TypeAlias = Mapping[str, MessageType]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    generation: str
    offset: int


def room_events(mt: MessageType, ops: OpTypes, envelope: Envelope, data: Any, place: Place) -> dict[str, list[bytes]]:
    """The events of a record, by room, each as JSON without its `{"seq":N,`.

    Only what schemas mark as live is in them.

    Args:
        mt: the type of the record.
        ops: the types of ops inside a `boards.ops_record`.
        envelope: of the record.
        data: its data, validated.
        place: where it stands.

    Raises:
        Reject: ops of several boards are in one record, so their order is not that of each board.
    """
    if mt.name != OPS_RECORD:
        event = _fact(mt, envelope, data)
        return {room: [event] for room in rooms_of(mt, data)}
    events: dict[str, list[bytes]] = {}
    for i, op in enumerate(data["ops"]):
        if op["data"]["board_id"] != envelope.subject:
            wrong = Problem(f"/ops/{i}/data/board_id", "is another board than the record's key")
            raise Reject("schema_invalid", "ops of several boards are in one record", (wrong,))
        of = ops[op.get("type", DRAW)]
        event = _op(of, op, place)
        for room in rooms_of(of, op["data"]):
            events.setdefault(room, []).append(event)
    return events


def _op(mt: MessageType, op: Any, place: Place) -> bytes:
    event = {
        "type": mt.name,
        "id": op["id"],
        "client_id": op["client_id"],
        "actor": op["actor"],
        "connection": op["connection"],
        "time": op["time"],
        "data": live_view(mt, op["data"]),
    }
    # A whole element may come again after a snapshot that contains it. Appended points may not, so they say where they
    # stand, as a snapshot says how far it goes.
    return _body(event if mt.name == DRAW else event | {"log": place.generation, "offset": place.offset})


def _fact(mt: MessageType, envelope: Envelope, data: Any) -> bytes:
    return _body(
        {
            "type": mt.name,
            "id": envelope.id,
            "client_id": None,
            "actor": envelope.actor,
            "connection": None,
            "time": envelope.time,
            "data": live_view(mt, data),
        }
    )


def _body(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event)[1:]
