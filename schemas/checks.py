"""The rules for schema files that a meta-schema can and cannot say; a file that breaks one is not loaded."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from schemas.files import META, FOLDER, VOCABULARY, targets
from schemas.permissions import PERMISSIONS
from schemas.problems import SchemaFileInvalid, pointer
from schemas.walk import Schema, children, every, resolved

_FIELD = re.compile(r"\{([a-z_]+)\}")
_PASSIVE = ("fact", "answer", "state")


def check(documents: Mapping[str, Schema]) -> None:
    """Raises SchemaFileInvalid at the first file that breaks a rule."""
    for name, document in documents.items():
        for path, message in _broken(name, document, documents):
            raise SchemaFileInvalid(name, path, message)
    for name in _orphans(documents):
        raise SchemaFileInvalid(name, "", "is a part that no message refers to")


@cache
def meta() -> jsonschema_rs.Draft202012Validator:
    """The meta-schema, which lists every keyword a schema file may use."""
    return jsonschema_rs.Draft202012Validator(json.loads((FOLDER / META).read_bytes()))


def _broken(name: str, document: Schema, documents: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    for error in meta().iter_errors(dict(document)):
        yield pointer(*error.instance_path), error.message[:500]
    if document["$id"] != f"doska:/{name}":
        yield "/$id", f"must be doska:/{name}"
    if "then" in document and "if" not in document:
        yield "/then", "stands without an if"
    for file, definition in targets(name, document):
        if file not in documents or (definition and definition not in documents[file].get("$defs", {})):
            yield "", f"refers to {file}#{definition}, which does not exist"
    yield from _unbounded(document)
    if name != VOCABULARY and document["x-kind"] != "part":
        yield from _message(document, documents)


def _unbounded(document: Schema) -> Iterator[tuple[str, str]]:
    """What is said without a limit: a string, a list or a number without bounds, an object neither open nor closed."""
    merged = {id(part) for _, outer in every(document) for part in _in_place(outer)}
    for path, schema in every(document):
        if "if" in path:  # a question, not a limit
            continue
        types = schema.get("type", ())
        types = {types} if isinstance(types, str) else set(types)
        if "string" in types and "maxLength" not in schema:
            yield pointer(*path), "is a string without maxLength"
        if "array" in types and "maxItems" not in schema and schema.get("items") is not False:
            yield pointer(*path), "is an array without maxItems"
        if types & {"integer", "number"} and not {"minimum", "maximum"} <= set(schema):
            yield pointer(*path), "is a number without minimum and maximum"
        says = {"additionalProperties", "unevaluatedProperties", "propertyNames"} & set(schema)
        if "object" in types and not says and id(schema) not in merged:
            yield pointer(*path), "is an object that says nothing of additional properties"


def _in_place(schema: Schema) -> Iterator[Schema]:
    for path, child in children(schema):
        if path[0] in ("allOf", "if", "then", "else"):
            yield child
            yield from _in_place(child)


def _message(document: Schema, documents: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    properties: Mapping[str, Schema] = document["properties"]
    required = set(document["required"])
    for field in required - set(properties):
        yield "/required", f"names {field}, which is no property"
    for room in document.get("x-rooms", ()):
        for field in _FIELD.findall(room):
            if field not in required:
                yield "/x-rooms", f"uses {field}, which is not a required property"
    for field, property_ in properties.items():
        if property_.get("x-live") and not document.get("x-rooms"):
            yield pointer("properties", field), "is live, but the message goes to no room"
    if document.get("x-rooms") and not any(property_.get("x-live") for property_ in properties.values()):
        yield "/x-rooms", "names rooms, but no property is live"
    for path, schema in every(document):
        deep = len(path) != 2 or path[0] != "properties"
        for mark in ("x-live", "x-sealed", "x-edge"):
            if mark in schema and deep:
                yield pointer(*path), f"has {mark}, which belongs on a property of the message itself"
    yield from _key(document, documents)
    yield from _sender(document)


def _key(document: Schema, documents: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    within = document.get("x-within")
    if within is None and not ("x-topic" in document and "x-key" in document):
        yield "", "stands on no topic: give x-topic and x-key, or x-within"
    if within is not None and not any(name.startswith(within.replace(".", "/") + ".v") for name in documents):
        yield "/x-within", f"names {within}, which does not exist"
    if "x-key" not in document:
        return
    at: Any = document
    for part in document["x-key"].split("/")[1:]:
        at = at.get("items") if part == "0" else at.get("properties", {}).get(part)
        if at is None or "x-edge" in at and part == "0":
            yield "/x-key", f"points at {document['x-key']}, which is no property"
            return
        if "$ref" in at and "$defs" in document:
            at = resolved(document, at)
    first = document["x-key"].split("/")[1]
    if first not in document["required"]:
        yield "/x-key", f"points into {first}, which is not required"


def _sender(document: Schema) -> Iterator[tuple[str, str]]:
    properties = document["properties"]
    sendable = document["x-kind"] in ("action", "op") and not document.get("x-internal")
    for keyword in ("x-route", "x-allow"):
        if sendable and keyword not in document:
            yield "", f"can be sent by a client, so it needs {keyword}"
        if not sendable and keyword in document:
            yield f"/{keyword}", "is on a message that no client sends"
    if document["x-kind"] in _PASSIVE and any("x-edge" in property_ for property_ in properties.values()):
        yield "/properties", "have x-edge, but the edge does not write this message"
    if not sendable:
        return
    for field in _FIELD.findall(document.get("x-route", "")):
        if field not in document["required"]:
            yield "/x-route", f"uses {field}, which is not a required property"
    allow = document.get("x-allow")
    if allow is None:
        if "actor" not in {property_.get("x-edge") for property_ in properties.values()}:
            yield "/x-allow", "may be null only where the actor can touch nothing but their own"
        return
    if allow["permission"] not in PERMISSIONS:
        yield "/x-allow/permission", f"is {allow['permission']}, which permissions.yaml does not know"
    for field in _FIELD.findall(allow["resource"]):
        if field not in properties:
            yield "/x-allow/resource", f"uses {field}, which is no property"


def _orphans(documents: Mapping[str, Schema]) -> Iterator[str]:
    used = {file for name, document in documents.items() for file, _ in targets(name, document) if file != name}
    for name, document in documents.items():
        if name not in used and (name == VOCABULARY or document["x-kind"] == "part"):
            yield name
