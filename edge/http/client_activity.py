"""Takes what browsers tell of their use, where they and the operator let them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from edge.actions.outcome import Json
from edge.http.answers import json_answer
from edge.http.bodies import Body, read_object
from edge.http.requests import CALLER
from edge.http.route import Answer, Route
from edge.keys import ACTIVITY, LIMITS
from edge.lanes.activity import Batch, Event, types
from schemas.ids import ID

MOST: Final = 50
# What waited in a browser for longer is of no use, and a number could be anything.
OLDEST_MS: Final = 10 * 60_000
BODY: Final = Body(
    ("visit_id", "first", "events"),
    {
        "visit_id": {"type": "string", "maxLength": 36, "pattern": f"^{ID.pattern}$"},
        "first": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        "events": {
            "type": "array",
            "maxItems": MOST,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["type", "ago_ms", "data"],
                "properties": {
                    "type": {"enum": sorted(types())},
                    "ago_ms": {"type": "integer", "minimum": 0, "maximum": OLDEST_MS},
                    "data": {"type": "object"},
                },
            },
        },
    },
)
TAKEN: Final[Json] = {
    "type": "object",
    "required": ["taken", "more"],
    "properties": {
        "taken": {"type": "integer", "description": "How many of the events are in the log."},
        "more": {"type": "boolean", "description": "Whether to send anything else in this visit."},
    },
}


async def tell(request: web.Request) -> web.Response:
    """Take a batch of events of one visit."""
    caller, lane = request[CALLER], request.app[ACTIVITY]
    request.app[LIMITS].activity.take(caller.user_id)
    body = await read_object(request, BODY)
    if wants_privacy(request) or not lane.wants(body["visit_id"]):
        return json_answer({"taken": 0, "more": False})
    events = [Event(each["type"], timedelta(milliseconds=each["ago_ms"]), each["data"]) for each in body["events"]]
    batch = Batch(body["visit_id"], body["first"], events)
    return json_answer({"taken": await lane.tell(caller, batch, datetime.now(UTC)), "more": True})


def wants_privacy(request: web.Request) -> bool:
    """Whether the browser says that its person does not want to be followed (Do Not Track, Global Privacy Control)."""
    return request.headers.get("DNT") == "1" or request.headers.get("Sec-GPC") == "1"


ROUTES: Final = (
    Route(
        "POST",
        "/api/activity",
        tell,
        "Tell what was used, in batches; dropped where the person or the operator does not want it.",
        "activity",
        "caller",
        {200: Answer("What became of it.", TAKEN)},
        body=BODY.schema,
        codes=("unavailable",),
    ),
)
