"""The OpenAPI document of the HTTP table: every row with all that may be answered."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from edge.errors import PROBLEM_TYPE, TITLES
from edge.http.bodies import JSON_TYPE
from edge.http.imports import FORM
from edge.http.route import Answer, Route
from edge.http.router import is_keyed
from schemas.problems import STATUS, Code

Json = dict[str, Any]
VERSION: Final = "3.1.0"
PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
DEFINITIONS: Final = "#/components/schemas/"
WITH_RETRY: Final = frozenset({429, 503, 504})
PROBLEM: Final[Json] = {
    "type": "object",
    "description": "RFC 9457, with the places in the body that are wrong.",
    "required": ["type", "title", "status", "detail", "code", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"enum": list(STATUS)},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {
                    "path": {
                        "type": "string",
                        "description": "A JSON Pointer into the body; `/limit` for a parameter.",
                    },
                    "message": {"type": "string"},
                },
            },
        },
        "trace_id": {"type": "string"},
    },
}


def openapi(routes: Iterable[Route], address: str, version: str) -> Json:
    """The document."""
    paths: dict[str, Json] = {}
    for route in sorted(routes, key=lambda each: (each.path, each.method)):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": VERSION,
        "info": {
            "title": "Doska",
            "version": version,
            "description": "A whiteboard on a log. Sockets are described in /asyncapi.json.",
        },
        "servers": [{"url": address}],
        "tags": [{"name": name} for name in sorted({route.tag for route in routes})],
        "paths": paths,
        "components": {
            "schemas": {"problem": PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": _name(route),
        "summary": route.about,
        "tags": [route.tag],
        "parameters": list(_parameters(route)),
        "responses": {**{str(status): _answer(one) for status, one in route.answers.items()}, **_problems(route)},
        "security": _security(route),
    }
    if route.body is not None:
        operation["requestBody"] = _body(route)
    return operation


def _name(route: Route) -> str:
    """A name for generated clients: `get_api_boards_board_id_elements`."""
    return re.sub(r"[^a-z0-9]+", "_", f"{route.method} {route.path}".lower()).strip("_")


def _security(route: Route) -> list[Json]:
    match route.who:
        case "anyone":
            return []
        case "either":
            return [{}, {"bearer": []}]
        case _:
            return [{"bearer": []}]


def _parameters(route: Route) -> Iterator[Json]:
    for name in PARAMETER.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for one in route.query:
        yield {"name": one.name, "in": "query", "description": one.about, "schema": dict(one.schema)}
    if is_keyed(route):
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key, method, path and body give the first outcome again for 24 hours.",
            "schema": {"type": "string", "maxLength": 128},
        }


def _body(route: Route) -> Json:
    schema = _embedded(route.body or {})
    content: Json = {JSON_TYPE: {"schema": schema}}
    if route.path == "/api/boards/import":
        content = {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            JSON_TYPE: {"schema": schema},
            "application/vnd.excalidraw+json": {"schema": schema},
        }
    return {"required": bool(schema.get("required")), "content": content}


def _answer(one: Answer) -> Json:
    made: Json = {"description": one.about}
    if one.schema is not None:
        made["content"] = {one.media_type: {"schema": _embedded(one.schema)}}
    return made


def _problems(route: Route) -> Json:
    """Every refusal of the row: what it says itself and what its shape implies, by status."""
    by_status: dict[int, list[Code]] = {}
    for code in sorted({*route.codes, *implied(route)}):
        by_status.setdefault(STATUS[code], []).append(code)
    return {str(status): _problem(status, codes) for status, codes in sorted(by_status.items())}


def implied(route: Route) -> Iterator[Code]:
    """What any request of this shape may be refused with."""
    yield "internal"
    if route.who == "anyone" and route.tag in ("health", "documents"):
        return
    if route.who != "anyone":
        yield "unauthenticated"
        yield "unavailable"
    if route.who == "account":
        yield "forbidden"
    if route.query or route.body is not None:
        yield "schema_invalid"
    if route.body is not None:
        yield from ("malformed", "too_large", "unsupported_media_type")
    if route.who != "anyone" and route.method != "GET":
        yield "rate_limited"
    if is_keyed(route):
        yield "conflict"


def _problem(status: int, codes: Iterable[Code]) -> Json:
    made: Json = {
        "description": "; ".join(f"`{code}`: {TITLES[code]}" for code in codes),
        "content": {PROBLEM_TYPE: {"schema": {"$ref": f"{DEFINITIONS}problem"}}},
    }
    if status in WITH_RETRY:
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return made


def _embedded(schema: Mapping[str, Any]) -> Json:
    """A whole schema as part of the document: its own references are written out, our marks left out."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})

    def rewritten(value: Any, depth: int = 0) -> Any:
        if isinstance(value, list | tuple):
            return [rewritten(one, depth) for one in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref", "")
        if reference.startswith("#/$defs/"):
            found = definitions[reference.removeprefix("#/$defs/")]
            return rewritten({**found, **{key: one for key, one in value.items() if key != "$ref"}}, depth + 1)
        return {
            key: rewritten(one, depth)
            for key, one in value.items()
            if not (key.startswith("x-") or key in ("$defs", "$schema", "$id"))
        }

    made: Json = rewritten(schema)
    return made
