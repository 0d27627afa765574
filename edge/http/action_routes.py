"""The REST routes of actions and ops, which come from the schema files: one handler for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiohttp import web

from edge.actions.outcome import Made
from edge.actions.presenters import FACTS, PRESENTERS, Thing, with_secrets
from edge.errors import ApiError, at, not_found
from edge.http.answers import made_answer
from edge.http.boards import BOARD
from edge.http.bodies import read_json
from edge.http.comments import THREAD
from edge.http.requests import CALLER, KEY, OWN_KEY, traceparent
from edge.http.route import Answer, Handler, Route
from edge.http.sessions_opened import USER
from edge.http.sharing import GRANT, LINK
from edge.http.versions import VERSION
from edge.http.webhooks import WEBHOOK
from edge.http.workspaces import MEMBER, WORKSPACE
from edge.keys import ACTIONS, SETTINGS, TOKENS, UPLOADS
from schemas.codec import client_schema
from schemas.problems import UnknownType
from schemas.registry import MessageType, registry

CODES: Final = ("forbidden", "not_found", "conflict", "unavailable", "outcome_unknown")
POSITION: Final = {"type": "string", "description": "Opaque; see `min_position`."}
NEW_LINK: Final = {
    **LINK,
    "properties": {**LINK["properties"], "token": {"type": "string"}, "url": {"type": "string"}},
}
NEW_INVITE: Final = {
    "type": "object",
    "properties": {
        "invite_id": {"type": "string", "format": "uuid"},
        "role": {"type": "string"},
        "expires_at": {"type": "string", "format": "date-time"},
        "token": {"type": "string"},
        "url": {"type": "string"},
    },
}
UPLOAD: Final = {
    "type": "object",
    "required": ["file_id", "upload", "expires_at"],
    "properties": {
        "file_id": {"type": "string", "format": "uuid"},
        "upload": {
            "type": "object",
            "description": "A request that puts the file: its bytes as the body, these headers exactly.",
            "required": ["method", "url", "headers"],
            "properties": {
                "method": {"type": "string"},
                "url": {"type": "string", "format": "uri"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "expires_at": {"type": "string", "format": "date-time"},
    },
}
NEW_WEBHOOK: Final = {
    **WEBHOOK,
    "properties": {**WEBHOOK["properties"], "secret": {"type": "string", "description": "Told this once."}},
}
ASKED_DELIVERY: Final = {"type": "object", "properties": {"delivery_id": {"type": "string", "format": "uuid"}}}
SHAPES: Final[Mapping[Thing, Mapping[str, Any]]] = {
    "user": USER,
    "board": BOARD,
    "grant": GRANT,
    "link": NEW_LINK,
    "workspace": WORKSPACE,
    "member": MEMBER,
    "invite": NEW_INVITE,
    "thread": THREAD,
    "version": VERSION,
    "upload": UPLOAD,
    "webhook": WEBHOOK,
    "new webhook": NEW_WEBHOOK,
    "delivery": ASKED_DELIVERY,
    "facts": {"type": "object", "properties": {"facts": {"type": "array", "items": {"type": "object"}}}},
    "position": {"type": "object", "properties": {"position": POSITION}},
    "filled board": {**BOARD, "properties": {**BOARD["properties"], "position": POSITION}},
}
# What the edge does in several steps is shown by who does it.
COMPOSED: Final[Mapping[str, tuple[int, Thing]]] = {
    "boards.draw": (200, "position"),
    "boards.append_points": (200, "position"),
    "boards.duplicate_board": (201, "filled board"),
    "boards.branch_board": (201, "filled board"),
    "boards.save_version": (201, "version"),
    "boards.restore_version": (200, "position"),
}


def routes() -> Iterator[Route]:
    """A row for each type that has a route, and the one for all types."""
    for mt in registry().types():
        if mt.sendable and mt.route is not None and registry().get(mt.name) is mt:
            yield Route(
                mt.route.method,
                mt.route.path,
                by_route(mt),
                str(mt.schema["description"]),
                mt.domain,
                "caller",
                answers(mt),
                body=body_schema(mt),
                codes=CODES,
            )
    yield Route(
        "POST",
        "/api/actions/{type}",
        by_type,
        "Send any action by its type, with its data as the body.",
        "actions",
        "caller",
        {
            200: Answer("What its own route gives, else the facts.", {"type": "object"}),
            201: Answer("What its own route gives.", {"type": "object"}),
            204: Answer("It is done, and its own route shows nothing."),
        },
        body={"type": "object"},
        codes=CODES,
    )


def by_route(mt: MessageType) -> Handler:
    """The handler of a type's own route: the path's parameters are fields of the data, the body is the rest."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await _object(request)
        named = dict(request.match_info)
        for name in named:
            if name in body:
                raise at("schema_invalid", f"/{name}", "is not a known property")
        return await _perform(request, mt, {**body, **named}, frozenset(named))

    return handle


async def by_type(request: web.Request) -> web.StreamResponse:
    """Any type that a client may send."""
    try:
        mt = registry().get(request.match_info["type"])
    except UnknownType:
        raise not_found() from None
    if not mt.sendable:
        raise not_found()
    return await _perform(request, mt, await _object(request), frozenset())


def answers(mt: MessageType) -> dict[int, Answer]:
    """What the type's own route answers when it is accepted."""
    shown = PRESENTERS.get(mt.name, FACTS)
    status, thing = COMPOSED.get(mt.name, (shown.status, shown.thing))
    told = {status: Answer(f"`{mt.name}` is done.", SHAPES.get(thing))}
    if shown.also is not None:
        told[shown.also[0]] = Answer(f"`{mt.name}` is done, and waits for somebody.", SHAPES[shown.also[1]])
    return told


def body_schema(mt: MessageType) -> dict[str, Any]:
    """What the body of a type's own route holds: the data without what the path says."""
    schema = dict(client_schema(mt))
    path = mt.route.path if mt.route else ""
    schema["properties"] = {name: one for name, one in schema["properties"].items() if f"{{{name}}}" not in path}
    schema["required"] = [name for name in schema["required"] if f"{{{name}}}" not in path]
    schema.pop("examples", None)
    return schema


async def _object(request: web.Request) -> dict[str, Any]:
    body = await read_json(request)
    if not isinstance(body, dict):
        raise at("schema_invalid", "", "must be an object")
    return body


async def _perform(
    request: web.Request, mt: MessageType, data: dict[str, Any], named: frozenset[str]
) -> web.StreamResponse:
    try:
        outcome = await request.app[ACTIONS].perform(
            request[CALLER],
            mt,
            data,
            key=request[KEY],
            key_is_new=request[OWN_KEY],
            present_it=True,
            traceparent=traceparent(request),
        )
    except ApiError as error:
        # What the path names and no id can be does not exist; it is no part of the body.
        if error.code == "schema_invalid" and any(
            one.path.split("/")[1:2] in ([name] for name in named) for one in error.errors
        ):
            raise not_found() from None
        raise
    made = outcome.made or Made(200, {"facts": list(outcome.facts)})
    if made.body is not None:
        address = request.app[SETTINGS].address
        body = with_secrets(mt.name, outcome, made.body, request.app[TOKENS], address)
        requested = outcome.data_of("files.file_requested")
        if requested is not None:
            # Whoever holds it may upload: like a token it is told and never remembered.
            body = {**body, "upload": await request.app[UPLOADS].address(requested)}
        made = Made(made.status, body)
    return made_answer(made)
