"""Changes of a schema within a version: which are fine, which break, and that nothing passes unread."""

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from schemas import codec, forms
from schemas.compatibility import compare
from schemas.registry import MessageType, registry

Change: TypeAlias = Callable[[Any], object]

BASE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "title"],
    "x-kind": "fact",
    "x-topic": "boards.facts",
    "x-key": "/id",
    "x-rooms": ["board:{id}"],
    "properties": {
        "id": {"$ref": "#/$defs/id", "x-live": True},
        "title": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^x"},
        "role": {"enum": ["owner", "editor"]},
        "count": {"type": "integer", "minimum": 0, "maximum": 9},
        "end": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/id"}]},
        "list": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/node"}},
        "secret": {"type": "string", "maxLength": 5, "x-sealed": "plain"},
    },
    "if": {"properties": {"role": {"const": "owner"}}},
    "then": {"required": ["count"]},
    "$defs": {
        "id": {"type": "string", "maxLength": 36},
        "node": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"next": {"$ref": "#/$defs/node"}, "name": {"type": "string", "maxLength": 9}},
        },
    },
}


def at(schema: Any, *path: Any) -> Any:
    for part in path:
        schema = schema[part]
    return schema


def put(*path_and_value: Any) -> Change:
    *path, last, value = path_and_value
    return lambda schema: at(schema, *path).__setitem__(last, value)


def drop(*path: Any) -> Change:
    return lambda schema: at(schema, *path[:-1]).__delitem__(path[-1])


PROPERTIES = "properties"
YES = True
FINE = {
    "another description": put("description", "new words"),
    "another example": put("examples", [1]),
    "an optional property": put(PROPERTIES, "color", {"type": "string", "maxLength": 7}),
    "an optional property deep inside": put("$defs", "node", PROPERTIES, "color", {"enum": ["red"]}),
    "a definition by another name": lambda s: (
        s["$defs"].__setitem__("name", s["$defs"].pop("id")),
        s[PROPERTIES]["id"].__setitem__("$ref", "#/$defs/name"),
        s[PROPERTIES]["end"]["anyOf"][1].__setitem__("$ref", "#/$defs/name"),
    ),
    "one more room": put("x-rooms", ["board:{id}", "user:{id}"]),
    "one more live field": put(PROPERTIES, "title", "x-live", YES),
    "a personal field marked": put(PROPERTIES, "title", "x-pii", YES),
}
BREAKS = {
    "a required property": (
        lambda s: (put(PROPERTIES, "color", {"enum": ["red"]})(s), s["required"].append("color")),
        ("property became required", "/properties/color", "writers"),
    ),
    "an optional property becomes required": (
        put("required", ["id", "title", "role"]),
        ("property became required", "/properties/role", "writers"),
    ),
    "a required property becomes optional": (
        put("required", ["id"]),
        ("property became optional", "/properties/title", "readers"),
    ),
    "a property goes": (drop(PROPERTIES, "role"), ("property removed", "/properties/role", "readers")),
    "a longer text": (
        put(PROPERTIES, "title", "maxLength", 11),
        ("loosened", "/properties/title/maxLength", "readers"),
    ),
    "a shorter text": (
        put(PROPERTIES, "title", "maxLength", 9),
        ("tightened", "/properties/title/maxLength", "writers"),
    ),
    "no limit": (drop(PROPERTIES, "title", "maxLength"), ("loosened", "/properties/title/maxLength", "readers")),
    "an empty text": (put(PROPERTIES, "title", "minLength", 0), ("loosened", "/properties/title/minLength", "readers")),
    "a higher floor": (put(PROPERTIES, "count", "minimum", 1), ("tightened", "/properties/count/minimum", "writers")),
    "another pattern": (
        put(PROPERTIES, "title", "pattern", "^y"),
        ("pattern changed", "/properties/title/pattern", "nobody"),
    ),
    "no pattern": (drop(PROPERTIES, "title", "pattern"), ("loosened", "/properties/title/pattern", "readers")),
    "a new pattern": (put("$defs", "id", "pattern", "^y"), ("tightened", "/properties/id/pattern", "writers")),
    "a new value of an enum": (
        put(PROPERTIES, "role", "enum", ["owner", "editor", "king"]),
        ("loosened", "/properties/role/enum", "readers"),
    ),
    "a value of an enum less": (
        put(PROPERTIES, "role", "enum", ["owner"]),
        ("tightened", "/properties/role/enum", "writers"),
    ),
    "another type": (put(PROPERTIES, "count", "type", "string"), ("tightened", "/properties/count/type", "writers")),
    "a wider type": (put(PROPERTIES, "count", "type", "number"), ("loosened", "/properties/count/type", "readers")),
    "one more alternative": (
        lambda s: s[PROPERTIES]["end"]["anyOf"].append({"type": "boolean"}),
        ("loosened", "/properties/end/anyOf", "readers"),
    ),
    "one alternative less": (
        lambda s: s[PROPERTIES]["end"]["anyOf"].pop(0),
        ("tightened", "/properties/end/anyOf", "writers"),
    ),
    "a definition used inside": (
        put("$defs", "node", PROPERTIES, "name", "maxLength", 8),
        ("tightened", "/properties/list/items/properties/name/maxLength", "writers"),
    ),
    "an object opened": (
        put("$defs", "node", "additionalProperties", YES),
        ("loosened", "/properties/list/items/additionalProperties", "readers"),
    ),
    "another topic": (put("x-topic", "boards.other"), ("way changed", "/x-topic", "readers")),
    "another key": (put("x-key", "/title"), ("way changed", "/x-key", "readers")),
    "another kind": (put("x-kind", "op"), ("way changed", "/x-kind", "readers")),
    "a secret in clear": (
        drop(PROPERTIES, "secret", "x-sealed"),
        ("way changed", "/properties/secret/x-sealed", "readers"),
    ),
    "a room less": (drop("x-rooms"), ("mark removed", "/x-rooms", "nobody")),
    "another room": (put("x-rooms", ["user:{id}"]), ("rooms changed", "/x-rooms", "nobody")),
    "a live field less": (drop(PROPERTIES, "id", "x-live"), ("mark removed", "/properties/id/x-live", "nobody")),
    "no longer for clients": (put("x-internal", YES), ("mark added", "/x-internal", "nobody")),
    "filled by the edge": (
        put(PROPERTIES, "title", "x-edge", "value"),
        ("mark added", "/properties/title/x-edge", "nobody"),
    ),
    "another condition": (
        put("if", PROPERTIES, "role", "const", "editor"),
        ("cannot classify", "/if", "nobody"),
    ),
    "a condition less": (drop("then"), ("cannot classify", "/then", "nobody")),
    "an unknown keyword": (
        put(PROPERTIES, "title", "contentEncoding", "base64"),
        ("cannot classify", "/properties/title/contentEncoding", "nobody"),
    ),
    "an unknown mark": (put("x-new", 1), ("cannot classify", "/x-new", "nobody")),
    "a new combination": (put("allOf", [{"required": ["role"]}]), ("cannot classify", "/allOf", "nobody")),
    "alternatives exchanged": (
        put(PROPERTIES, "end", "anyOf", [{"type": "boolean"}, {"type": "null"}, {"type": "integer"}]),
        ("cannot classify", "/properties/end/anyOf", "nobody"),
    ),
}


def after(change: Change) -> dict[str, Any]:
    new = copy.deepcopy(BASE)
    change(new)
    return new


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_a_change_that_breaks_nobody(change: Change) -> None:
    findings = compare(BASE, after(change))

    assert [str(finding) for finding in findings if finding.breaking] == []


@pytest.mark.parametrize(("change", "expected"), BREAKS.values(), ids=BREAKS)
def test_a_change_that_breaks_somebody(change: Change, expected: tuple[str, str, str]) -> None:
    breaking = [finding for finding in compare(BASE, after(change)) if finding.breaking]

    assert expected in [(finding.kind, finding.path, finding.upgrade_first) for finding in breaking]
    assert all(finding.message for finding in breaking)


def test_nothing_changed_is_nothing_found() -> None:
    assert compare(BASE, copy.deepcopy(BASE)) == []


def test_words_are_plain() -> None:
    (finding,) = compare(BASE, after(put(PROPERTIES, "role", "enum", ["owner", "editor", "king"])))

    assert str(finding) == (
        "loosened at /properties/role/enum: newly admitted: king: readers of the old release may refuse new records"
    )


@pytest.mark.parametrize("mt", registry().types(), ids=lambda mt: mt.dataschema)
def test_every_keyword_in_use_is_classified(mt: MessageType) -> None:
    """Take each schema away from itself keyword by keyword: every difference is found."""
    assert compare(mt.schema, mt.schema) == []
    for field in mt.schema["properties"]:
        less = {**mt.schema, "properties": {k: v for k, v in mt.schema["properties"].items() if k != field}}
        assert [finding for finding in compare(mt.schema, less) if finding.breaking]


def test_what_is_called_fine_really_is() -> None:
    """A newer release added a property and a new example: the old reader takes it, the new one takes old records."""
    mt = registry().get("boards.board_renamed")
    newer = forms.readable(mt) | {"properties": {**mt.schema["properties"], "color": {"enum": ["red"]}}}
    old_reader, _ = codec.compiled(codec.read_schema(mt))
    new_reader, _ = codec.compiled(newer)

    assert old_reader.is_valid(mt.examples[0] | {"color": "red"})
    assert new_reader.is_valid(mt.examples[0])
