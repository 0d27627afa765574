"""The rules for one message's schema that concern its way: key, rooms, sender, and who may send it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.permissions import PERMISSIONS
from schemas.problems import pointer
from schemas.walk import Schema, every

Broken = Iterator[tuple[str, str]]

_FIELD = re.compile(r"\{([a-z_]+)\}")
_WRITTEN_BY_CONSUMERS = ("fact", "answer", "state", "object")


def broken(document: Schema, documents: Mapping[str, Schema]) -> Broken:
    """Every rule that a message breaks, as (path, what is wrong)."""
    for field in set(document["required"]) - set(document["properties"]):
        yield "/required", f"names {field}, which is no property"
    yield from marks(document)
    yield from _rooms(document)
    yield from _place(document, documents)
    yield from _key(document)
    yield from _sender(document)
    yield from _route(document)
    yield from _allow(document)


def sendable(document: Schema) -> bool:
    """Whether a client may send it."""
    return document["x-kind"] in ("action", "op") and not document.get("x-internal")


def marks(document: Schema) -> Broken:
    """Marks of a property that stand elsewhere, where nothing would read them: in a part or deep inside."""
    is_part = "x-topic" not in document and "x-within" not in document
    for path, schema in every(document):
        of_the_message = len(path) == 2 and path[0] == "properties" and not is_part
        for mark in ("x-live", "x-sealed", "x-edge"):
            if mark in schema and not of_the_message:
                yield pointer(*path), f"has {mark}, which belongs on a property of the message itself"
        if "x-sealed" in schema and "examples" not in schema:
            yield pointer(*path), "is sealed, so it needs an example in clear (the message's examples are sealed)"


def _rooms(document: Schema) -> Broken:
    rooms = document.get("x-rooms", [])
    live = [field for field, property_ in document["properties"].items() if property_.get("x-live")]
    for room in rooms:
        for field in _FIELD.findall(room):
            if field not in document["required"]:
                yield "/x-rooms", f"uses {field}, which is not a required property"
    if rooms and not live:
        yield "/x-rooms", "names rooms, but no property is live"
    if live and not rooms:
        yield pointer("properties", live[0]), "is live, but the message goes to no room"


def _place(document: Schema, documents: Mapping[str, Schema]) -> Broken:
    within = document.get("x-within")
    if document["x-kind"] == "object":
        for keyword in ("x-topic", "x-key", "x-within", "x-rooms"):
            if keyword in document:
                yield f"/{keyword}", "is on an object, which lies in S3 and stands on no topic"
    elif within is None:
        if "x-topic" not in document or "x-key" not in document:
            yield "", "stands on no topic: give x-topic and x-key, or x-within"
    elif not any(name.startswith(within.replace(".", "/") + ".v") for name in documents):
        yield "/x-within", f"names {within}, which does not exist"


def _key(document: Schema) -> Broken:
    if "x-key" not in document:
        return
    at: Any = document
    for part in document["x-key"].split("/")[1:]:
        if part == "0":
            at = at.get("items") if at.get("minItems", 0) > 0 else None
        else:
            at = at.get("properties", {}).get(part) if part in at.get("required", ()) else None
        if at is None:
            yield "/x-key", f"points at {document['x-key']}, where there is not always something"
            return


def _sender(document: Schema) -> Broken:
    for keyword in ("x-route", "x-allow"):
        if sendable(document) and keyword not in document:
            yield "", f"can be sent by a client, so it needs {keyword}"
        if not sendable(document) and keyword in document:
            yield f"/{keyword}", "is on a message that no client sends"
    filled = [field for field, property_ in document["properties"].items() if "x-edge" in property_]
    if filled and document["x-kind"] in _WRITTEN_BY_CONSUMERS:
        yield pointer("properties", filled[0]), "has x-edge, but the edge does not write this message"


def _route(document: Schema) -> Broken:
    for field in _FIELD.findall(document.get("x-route", "")):
        if field not in document["required"]:
            yield "/x-route", f"uses {field}, which is not a required property"


def _allow(document: Schema) -> Broken:
    if not sendable(document) or "x-allow" not in document:
        return
    allow = document["x-allow"]
    if allow is None:
        if all(property_.get("x-edge") != "actor" for property_ in document["properties"].values()):
            yield "/x-allow", "may be null only where the actor can touch nothing but their own"
        return
    if allow["permission"] not in PERMISSIONS:
        yield "/x-allow/permission", f"is {allow['permission']}, which permissions.yaml does not know"
    for field in _FIELD.findall(allow["resource"]):
        if field not in document["properties"]:
            yield "/x-allow/resource", f"uses {field}, which is no property"
