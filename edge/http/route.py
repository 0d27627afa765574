"""A row of the HTTP table: where, who may call, what it takes and what it gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from schemas.problems import Code

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Schema = Mapping[str, Any]
# `either`: the caller matters when there is one.
Who = Literal["anyone", "account", "caller", "either"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, for the documents."""

    name: str
    about: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, for the documents; no schema means no body, or one that is no JSON."""

    about: str
    schema: Schema | None = None
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    `who`: `account` is a person with an account, `caller` also a guest. `body` is the schema of a JSON body; None takes
    none. `codes` are refusals beyond those that the rest of the row implies.
    """

    method: str
    path: str
    handler: Handler
    about: str
    tag: str
    who: Who
    answers: Mapping[int, Answer]
    query: tuple[Parameter, ...] = ()
    body: Schema | None = None
    codes: tuple[Code, ...] = ()


LIST_QUERY = (
    Parameter("limit", "At most so many items.", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
    Parameter("cursor", "The `next` of the page before."),
)


def listed(item: Schema) -> Schema:
    """The schema of a list's page."""
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}},
    }
