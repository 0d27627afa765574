"""Holding a mapping against the schemas: every type, every field, and what is personal among them."""

from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import Final

from schemas.problems import UnknownType
from schemas.registry import MessageType, Registry
from schemas.walk import Schema, every, resolved
from topics.errors import Misconfigured
from topics.exports.mapping import TELLING, Mapping, Source, load_mapping

PERSON: Final = "identity.person"


def checked_mapping(file: Path, types: Registry, reads: Collection[str]) -> Mapping:
    """Read a mapping and check it for a consumer that reads these topics. Raises Misconfigured with every problem."""
    mapping = load_mapping(file)
    if found := list(problems(mapping, types, reads)):
        raise Misconfigured("; ".join(f"{file}: {each}" for each in found))
    return mapping


def problems(mapping: Mapping, types: Registry, reads: Collection[str]) -> Iterator[str]:
    """What is wrong with a mapping, each with its place."""
    for number, source in enumerate(mapping.identity):
        if source.person is not None or source.value is not None:
            yield f"identity.{number}: who did it is in the fact or in its envelope"
        if source.fact is not None and not any(
            _found(mt, source.fact) for topic in reads for mt in types.of_topic(topic)
        ):
            yield f"identity.{number}: no fact has {source.fact}"
    for name, source in mapping.properties.items():
        yield from _everywhere(f"properties.{name}", source, types)
    for kind, event in mapping.events.items():
        mt = yield from _type(f"events.{kind}", kind, types, reads)
        for name, source in event.properties.items() if mt is not None else ():
            yield from _source(f"events.{kind}.properties.{name}", source, mt, types)
    for number, kind in enumerate(mapping.drop):
        yield from _type(f"drop.{number}", kind, types, reads)
        if kind in mapping.events:
            yield f"drop.{number}: {kind} is under events as well"
    yield from _profile(mapping, types, reads)


def _profile(mapping: Mapping, types: Registry, reads: Collection[str]) -> Iterator[str]:
    if mapping.profile is None:
        return
    for key, kinds in (("set_after", mapping.profile.set_after), ("delete_after", mapping.profile.delete_after)):
        for number, kind in enumerate(kinds):
            yield from _type(f"profile.{key}.{number}", kind, types, reads)
    for name, source in mapping.profile.properties.items():
        yield from _everywhere(f"profile.properties.{name}", source, types)


def _type(place: str, kind: str, types: Registry, reads: Collection[str]) -> Generator[str, None, MessageType | None]:
    try:
        mt = types.get(kind)
    except UnknownType:
        yield f"{place}: there is no type {kind}"
        return None
    if mt.topic not in reads or mt.within is not None or mt.kind not in TELLING:
        yield f"{place}: {kind} is no fact on {', '.join(sorted(reads))}"
        return None
    return mt


def _everywhere(place: str, source: Source, types: Registry) -> Iterator[str]:
    """A source that stands for facts of several types may not point into one."""
    if source.fact is not None:
        yield f"{place}: {source.fact} points into a fact, and this stands for facts of several types"
        return
    yield from _source(place, source, None, types)


def _source(place: str, source: Source, mt: MessageType | None, types: Registry) -> Iterator[str]:
    if source.fact is not None and mt is not None:
        yield from _pointer(place, source, source.fact, mt)
    elif source.person is not None:
        yield from _pointer(place, source, source.person, types.get(PERSON))
    elif source.pii is not None:
        yield f"{place}: pii: there is nothing personal in it"


def _pointer(place: str, source: Source, pointer: str, mt: MessageType) -> Iterator[str]:
    found = _found(mt, pointer)
    if not found:
        yield f"{place}: {pointer}: there is no such field in {mt.dataschema}"
        return
    marks = {mark for schema in found for _, each in every(schema) for mark in ("x-pii", "x-sealed") if mark in each}
    if "x-sealed" in marks:
        yield f"{place}: {pointer} of {mt.dataschema} is sealed and never leaves"
    elif "x-pii" in marks and source.pii is None:
        yield f"{place}: {pointer} of {mt.dataschema} is personal: it leaves only with `pii: with_consent`"
    elif "x-pii" not in marks and source.pii is not None:
        yield f"{place}: pii: {pointer} of {mt.dataschema} is not personal"


def _found(mt: MessageType, pointer: str) -> list[Schema]:
    """The schemas that describe what a pointer points at, with everything that is said on the way to it."""
    here: list[Schema] = [mt.schema]
    for escaped in pointer.split("/")[1:]:
        part = escaped.replace("~1", "/").replace("~0", "~")
        here = [inner for schema in here for inner in _inside(mt.schema, schema, part)]
    return [resolved(mt.schema, each) for each in here]


def _inside(root: Schema, schema: Schema, part: str) -> Iterator[Schema]:
    found = resolved(root, schema)
    if part in found.get("properties", {}):
        yield _marked(found["properties"][part], found)
    elif part.isdecimal() and isinstance(found.get("items"), dict):
        yield _marked(found["items"], found)
    for keyword in ("allOf", "anyOf"):
        for branch in found.get(keyword, ()):
            yield from _inside(root, branch, part)
            if isinstance(branch.get("then"), dict):
                yield from _inside(root, branch["then"], part)


def _marked(inner: Schema, outer: Schema) -> Schema:
    """What is inside of something personal is personal; the document itself is not a field."""
    marks = {mark: outer[mark] for mark in ("x-pii", "x-sealed") if mark in outer}
    return {**inner, **marks}
