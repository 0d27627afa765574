"""The message types there are: every schema file, checked and in a form that code can use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, cast

from schemas.checks import check
from schemas.problems import UnknownType
from schemas.schema_files import FILE_NAME, FOLDER, VOCABULARY, bundled, read
from schemas.walk import Schema

Kind: TypeAlias = Literal["action", "fact", "op", "presence", "answer", "state", "object"]


@dataclass(frozen=True, slots=True)
class Allow:
    """Which permission on which resource (`board:{board_id}`) a sender needs."""

    permission: str
    resource: str


@dataclass(frozen=True, slots=True)
class Route:
    """The REST route of an action; parameters of the path fill fields of the data."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Reject:
    """A sample that must be refused: why, at which path (None: wherever), and the sample."""

    why: str
    path: str | None
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class MessageType:
    """One version of one message type.

    `schema` is the file made whole: secrets in clear form, examples and rejects as they stand in the log.
    `within` names the type in whose records this one travels (a drawing inside a record of ops); such a type
    never stands on a topic by itself.
    """

    name: str
    version: int
    kind: Kind
    domain: str
    title: str
    topic: str | None
    key: str | None
    within: str | None
    rooms: tuple[str, ...]
    live: frozenset[str]
    allow: Allow | None
    route: Route | None
    internal: bool
    schema: Schema
    sealed: Mapping[str, str]
    edge_fields: Mapping[str, str]
    pii: frozenset[str]
    examples: tuple[Any, ...]
    rejects: tuple[Reject, ...]

    @property
    def dataschema(self) -> str:
        """What `ce_dataschema` says: `boards.draw/1`."""
        return f"{self.name}/{self.version}"

    @property
    def sendable(self) -> bool:
        """Whether a client may send it as an action or an op."""
        return self.kind in ("action", "op") and not self.internal

    def __repr__(self) -> str:
        return f"<{self.kind} {self.dataschema}>"


class Registry:
    """Message types by name and version."""

    def __init__(self, types: Iterator[MessageType]) -> None:
        self._by_name: dict[str, dict[int, MessageType]] = {}
        for mt in types:
            self._by_name.setdefault(mt.name, {})[mt.version] = mt
        self._latest = {name: versions[max(versions)] for name, versions in self._by_name.items()}

    def get(self, name: str, version: int | None = None) -> MessageType:
        """The type of that name; without a version, its newest. Raises UnknownType."""
        found = self._latest.get(name) if version is None else self._by_name.get(name, {}).get(version)
        if found is None:
            raise UnknownType(name, version)
        return found

    def of_dataschema(self, dataschema: str) -> MessageType:
        """The type that `ce_dataschema` names. Raises UnknownType."""
        name, _, version = dataschema.rpartition("/")
        if not (version.isascii() and version.isdecimal() and len(version) < 5):
            raise UnknownType(dataschema)
        return self.get(name, int(version))

    def types(self) -> tuple[MessageType, ...]:
        """Every version of every type, by name."""
        return tuple(mt for _, versions in sorted(self._by_name.items()) for _, mt in sorted(versions.items()))

    def of_topic(self, topic: str) -> tuple[MessageType, ...]:
        """The types that stand as records on a topic (not those that travel within another's record)."""
        return tuple(mt for mt in self.types() if mt.topic == topic and mt.within is None)

    def of_kind(self, kind: Kind) -> tuple[MessageType, ...]:
        """The types of one kind."""
        return tuple(mt for mt in self.types() if mt.kind == kind)


@cache
def registry() -> Registry:
    """The types of this release."""
    return load(FOLDER)


def load(folder: Path) -> Registry:
    """The types of a folder of schema files. Raises SchemaFileInvalid."""
    documents = read(folder)
    check(documents)
    return Registry(
        _of_file(name, documents)
        for name, document in documents.items()
        if name != VOCABULARY and document["x-kind"] != "part"
    )


def _of_file(file: str, documents: Mapping[str, Schema]) -> MessageType:
    domain, _, base = file.partition("/")
    match = FILE_NAME.fullmatch(base)
    assert match is not None, f"{file} passed the walk over files"  # noqa: S101 - the walk let only such names through
    return message_type(f"{domain}.{match['stem']}", int(match["version"]), bundled(file, documents))


def message_type(name: str, version: int, schema: Schema) -> MessageType:
    """What a schema, whole in itself, says of its type."""
    properties: Mapping[str, Schema] = schema["properties"]
    method, _, path = schema.get("x-route", "").partition(" ")
    allow = schema.get("x-allow")
    return MessageType(
        name=name,
        version=version,
        kind=cast("Kind", schema["x-kind"]),
        domain=name.partition(".")[0],
        title=schema["title"],
        topic=schema.get("x-topic"),
        key=schema.get("x-key"),
        within=schema.get("x-within"),
        rooms=tuple(schema.get("x-rooms", ())),
        live=frozenset(name for name, property_ in properties.items() if property_.get("x-live")),
        allow=Allow(**allow) if allow else None,
        route=Route(method, path) if path else None,
        internal=schema.get("x-internal", False),
        schema=MappingProxyType(schema),
        sealed=_marked(properties, "x-sealed"),
        edge_fields=_marked(properties, "x-edge"),
        pii=frozenset(_marked(properties, "x-pii")),
        examples=tuple(schema["examples"]),
        rejects=tuple(Reject(each["why"], each.get("path"), each["value"]) for each in schema.get("x-rejects", ())),
    )


def _marked(properties: Mapping[str, Schema], mark: str) -> Mapping[str, Any]:
    return MappingProxyType({name: property_[mark] for name, property_ in properties.items() if mark in property_})
