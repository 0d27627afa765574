"""The message types of this release, for whoever reads the log or writes a client."""

from typing import Any, Final

import orjson
from aiohttp import web

from edge.errors import at, not_found
from edge.http.answers import json_answer
from edge.http.requests import one, read
from edge.http.route import LIST_QUERY, Answer, Parameter, Route, listed
from edge.queries.pages import read_limit
from schemas.problems import UnknownType
from schemas.registry import MessageType, registry
from schemas.webhooks.patterns import offered

MEDIA_TYPE: Final = "application/schema+json"
ITEM: Final = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "version": {"type": "integer"},
        "kind": {"type": "string"},
        "url": {"type": "string"},
        "webhooks": {"type": "boolean", "description": "Whether webhooks can subscribe to it."},
    },
}


async def schemas(request: web.Request) -> web.Response:
    """Every version of every type, by name."""
    limit, after = read_limit(one(request, "limit")), one(request, "cursor")
    types = registry().types()
    start = 0
    if after is not None:
        places = [number for number, mt in enumerate(types, start=1) if mt.dataschema == after]
        if not places:
            raise at("schema_invalid", "/cursor", "This is not a cursor of this list.")
        start = places[0]
    shown = types[start : start + limit]
    more = start + limit < len(types)
    return json_answer({"items": [_item(mt) for mt in shown], "next": shown[-1].dataschema if more else None})


async def schema(request: web.Request) -> web.Response:
    """The schema of one type, whole in itself."""
    version = read(request, "version", _version, default=None)
    try:
        mt = registry().get(request.match_info["type"], version)
    except UnknownType:
        raise not_found() from None
    return web.Response(body=orjson.dumps(_plain(mt.schema)), content_type=MEDIA_TYPE)


def _item(mt: MessageType) -> dict[str, Any]:
    return {
        "type": mt.name,
        "version": mt.version,
        "kind": mt.kind,
        "url": f"/api/schemas/{mt.name}?version={mt.version}",
        "webhooks": offered(mt),
    }


def _plain(value: Any) -> Any:
    """A frozen schema as plain values."""
    return dict(value)


def _version(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise ValueError("must be a whole number")
    return int(text)


ROUTES: Final = (
    Route(
        "GET",
        "/api/schemas",
        schemas,
        "Every version of every message type, by name.",
        "schemas",
        "anyone",
        {200: Answer("A page of types.", listed(ITEM))},
        query=LIST_QUERY,
    ),
    Route(
        "GET",
        "/api/schemas/{type}",
        schema,
        "The schema of a message type.",
        "schemas",
        "anyone",
        {200: Answer("The schema.", {"type": "object"}, MEDIA_TYPE)},
        query=(Parameter("version", "Which version; else the newest.", {"type": "integer", "minimum": 1}),),
        codes=("not_found",),
    ),
)
