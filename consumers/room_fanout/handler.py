"""From a record to the events of rooms."""

from typing import Any

import orjson

from schemas.envelope import Envelope
from schemas.problems import Problem
from schemas.registry import MessageType
from schemas.rooms import live_view, rooms_of
from topics.errors import Reject

OPS_RECORD = "boards.ops_record"


def room_events(mt: MessageType, draw: MessageType, envelope: Envelope, data: Any) -> dict[str, list[bytes]]:
    """The events of a record, by room, each as JSON without its `{"seq":N,`.

    Only what schemas mark as live is in them.

    Args:
        mt: the type of the record.
        draw: the type of the ops inside a `boards.ops_record`.
        envelope: of the record.
        data: its data, validated.

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
        event = _op(draw, op)
        for room in rooms_of(draw, op["data"]):
            events.setdefault(room, []).append(event)
    return events


def _op(draw: MessageType, op: Any) -> bytes:
    return _body(
        {
            "type": draw.name,
            "id": op["id"],
            "client_id": op["client_id"],
            "actor": op["actor"],
            "connection": op["connection"],
            "time": op["time"],
            "data": live_view(draw, op["data"]),
        }
    )


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
