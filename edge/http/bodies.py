"""Reads the body of a request: its kind, its size, its JSON, its schema."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from aiohttp import web

from edge.errors import ApiError
from edge.http.pace import paced
from edge.strict_json import parse
from schemas import explain
from schemas.codec import client_schema, compiled
from schemas.registry import registry

# Over a bad phone line a body comes like this. Who sends a byte now and then holds a connection and means to.
SLOWEST_BYTES_PER_SECOND: Final = 4 * 1024
MAX_BYTES: Final = 2 * 1024 * 1024
JSON_TYPE: Final = "application/json"

Json = dict[str, Any]


async def read_json(
    request: web.Request, *, media_types: frozenset[str] = frozenset({JSON_TYPE}), max_bytes: int = MAX_BYTES
) -> Any:
    """The JSON value of the body; an empty body is `{}`.

    Raises `ApiError`: `unsupported_media_type`, `too_large`, `malformed`, `schema_invalid`.
    """
    refuse_encoding(request)
    raw = await read_bytes(request, max_bytes)
    if not raw:
        return {}
    if request.content_type not in media_types or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise ApiError("unsupported_media_type", f"The body must be {' or '.join(sorted(media_types))} in UTF-8.")
    return parse(raw)


def refuse_encoding(request: web.Request) -> None:
    """Raises `ApiError` `unsupported_media_type` for a compressed body."""
    if request.headers.get("Content-Encoding"):
        raise ApiError("unsupported_media_type", "A request's body is not compressed: no Content-Encoding.")


async def read_bytes(request: web.Request, max_bytes: int, came: Callable[[int], None] = lambda _size: None) -> bytes:
    """The whole body; `came` is told how much is there.

    Raises `ApiError`: `too_large` as soon as it is known to be, `unavailable` when it hardly comes.
    """
    if request.content_length is not None and request.content_length > max_bytes:
        raise too_large(max_bytes)
    parts, size = [], 0
    async with paced(bytes_per_second=SLOWEST_BYTES_PER_SECOND, what="body") as still_coming:
        async for part in request.content.iter_any():
            size += len(part)
            if size > max_bytes:
                raise too_large(max_bytes)
            still_coming(size)
            came(size)
            parts.append(part)
    return b"".join(parts)


def too_large(max_bytes: int) -> ApiError:
    """The refusal of a body over its limit."""
    return ApiError("too_large", f"A body here has at most {max_bytes} bytes.")


async def read_object(request: web.Request, schema: "Body") -> Json:
    """The body, checked. Raises what `read_json` raises, and `schema_invalid` with paths."""
    value: Json = await read_json(request)
    schema.check(value)
    return value


class Body:
    """The schema of a body that is no action of the registry."""

    def __init__(self, required: tuple[str, ...], properties: Mapping[str, Any]) -> None:
        self.schema: Json = {
            "type": "object",
            "additionalProperties": False,
            "required": list(required),
            "properties": dict(properties),
        }
        self._compiled = compiled(self.schema)

    def check(self, value: Any) -> None:
        """Raises `ApiError` `schema_invalid`."""
        validator, schema = self._compiled
        if not validator.is_valid(value):
            found = explain.problems(validator, schema, value)
            raise ApiError("schema_invalid", "The body is not as its schema says.", found)


@cache
def property_of(kind: str, name: str) -> Json:
    """One property of an action as a client sends it, whole in itself."""
    schema = client_schema(registry().get(kind))
    found = dict(schema["properties"][name])
    reference = found.pop("$ref", None)
    if reference is not None:
        found = {**schema["$defs"][reference.removeprefix("#/$defs/")], **found}
    return {key: value for key, value in found.items() if not key.startswith("x-")}
