"""The shape of data that a schema describes, in the few forms that type systems know."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from schemas.walk import Schema, resolved


@dataclass(frozen=True, slots=True)
class Plain:
    """text, number, integer, boolean, null, or any."""

    name: str


@dataclass(frozen=True, slots=True)
class Literals:
    """One of some values."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class List:
    """Any number of the same."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class Tuple:
    """A fixed number of things."""

    items: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Union:
    """One of some shapes."""

    alternatives: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """An object of any keys."""


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object."""

    name: str
    shape: "Shape"
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Object:
    """An object of known properties; `name` is how it is called in code."""

    name: str
    about: str
    fields: tuple[Field, ...]


Shape: TypeAlias = Plain | Literals | List | Tuple | Union | Mapping | Object


def shape(root: Schema, schema: Schema, name: str) -> Shape:  # noqa: PLR0911 - one per kind of schema
    """The shape that a schema inside `root` describes; objects without a name of their own are called `name`."""
    if "$ref" in schema:
        # What stands beside a reference is about the property, not about the definition.
        return shape(root, resolved(root, {"$ref": schema["$ref"]}), _called(schema["$ref"]))
    found = schema
    if "enum" in found or "const" in found:
        return Literals(tuple(found.get("enum", [found.get("const")])))
    if "anyOf" in found:
        return Union(tuple(dict.fromkeys(shape(root, one, name) for one in found["anyOf"])))
    kind = found.get("type", "any")
    if isinstance(kind, list):
        return Union(tuple(Plain(one) for one in kind))
    if kind == "array":
        if "prefixItems" in found:
            return Tuple(tuple(shape(root, one, name) for one in found["prefixItems"]))
        return List(shape(root, found.get("items", {}), _one_of(name)))
    if kind == "object":
        fields = tuple(_fields(root, found, name))
        return Object(name, found.get("description", ""), fields) if fields else Mapping()
    return Plain(kind)


def objects(top: Shape) -> Iterator[Object]:
    """Every object in a shape, inner ones first, each once."""
    seen: dict[str, Object] = {}

    def visit(at: Shape) -> None:
        match at:
            case List(item):
                visit(item)
            case Tuple(parts) | Union(parts):
                for part in parts:
                    visit(part)
            case Object(name, _, fields):
                for field in fields:
                    visit(field.shape)
                if seen.setdefault(name, at) != at:
                    raise ValueError(f"two different objects are called {name}: give one a definition of its own")

    visit(top)
    yield from seen.values()


def class_name(words: str) -> str:
    """`boards.board_created` and `board_created` are BoardCreated."""
    return "".join(word[:1].upper() + word[1:] for word in words.rpartition(".")[2].split("_"))


def _fields(root: Schema, schema: Schema, name: str) -> Iterator[Field]:
    """Properties of an object; those of its branches (a type's own fields) may be absent."""
    required = set(schema.get("required", ()))
    merged = dict(schema.get("properties", {}))
    for branch in schema.get("allOf", ()):
        for field, property_ in branch.get("then", {}).get("properties", {}).items():
            merged.setdefault(field, property_)
    for field, property_ in merged.items():
        inner = shape(root, property_, name + class_name(field))
        yield Field(field, inner, field in required, property_.get("description", ""))


def _called(ref: str) -> str:
    """A definition is called after itself: element.binding is ElementBinding."""
    return "".join(class_name(part) for part in ref.removeprefix("#/$defs/").split("."))


def _one_of(name: str) -> str:
    return name[:-1] if name.endswith("s") else f"{name}Item"
