"""Walking a JSON Schema: which places in it are schemas, and which are only values."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

# Where draft 2020-12 keeps schemas inside a schema, as far as ours use it (meta.json refuses the rest).
IN_MAPS = ("properties", "$defs")
IN_LISTS = ("allOf", "anyOf", "prefixItems")
ALONE = ("items", "additionalProperties", "unevaluatedProperties", "propertyNames", "if", "then", "else")


def children(schema: Schema) -> Iterator[tuple[Path, Schema]]:
    """The schemas directly inside a schema, each with its path; `true` and `false` are not walked."""
    for keyword in IN_MAPS:
        for name, child in schema.get(keyword, {}).items():
            yield (keyword, name), child
    for keyword in IN_LISTS:
        for index, child in enumerate(schema.get(keyword, ())):
            yield (keyword, index), child
    for keyword in ALONE:
        child = schema.get(keyword)
        if isinstance(child, Mapping):
            yield (keyword,), child


def every(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """A schema and every schema inside it, outer ones first."""
    yield path, schema
    for step, child in children(schema):
        yield from every(child, path + step)


def rewritten(schema: Schema, change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """A copy in which every schema, inner ones first, went through `change`."""
    copy = dict(schema)
    for keyword in IN_MAPS:
        if keyword in copy:
            copy[keyword] = {name: rewritten(child, change) for name, child in copy[keyword].items()}
    for keyword in IN_LISTS:
        if keyword in copy:
            copy[keyword] = [rewritten(child, change) for child in copy[keyword]]
    for keyword in ALONE:
        if isinstance(copy.get(keyword), Mapping):
            copy[keyword] = rewritten(copy[keyword], change)
    return change(copy)


def resolved(root: Schema, schema: Schema) -> Schema:
    """The schema a `$ref` inside one document leads to, with the keywords beside the `$ref` laid over it."""
    while "$ref" in schema:
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        schema = {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **beside}
    return schema
