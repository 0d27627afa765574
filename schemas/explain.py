"""What is wrong with data, in plain words and with a path, never with a copy of the data."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import orjson

from schemas.problems import LONGEST_NAME, Problem, pointer
from schemas.walk import Schema, every

MOST = 20  # problems told at once; a client mends the first ones anyway
_LONG = 16  # a list longer than this is not searched whole: a hostile op of 1,000 broken elements took 90 ms
_SMALL_BYTES = 8 * 1024
_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
# What to say of a limit: when it is 1, and else.
_LIMITS = {
    "minimum": ("must be at least 1", "must be at least {}"),
    "maximum": ("must be at most 1", "must be at most {}"),
    "minLength": ("must not be empty", "must have at least {} characters"),
    "maxLength": ("must have at most 1 character", "must have at most {} characters"),
    "minItems": ("must not be empty", "must have at least {} items"),
    "maxItems": ("must have at most 1 item", "must have at most {} items"),
    "maxProperties": ("must have at most 1 property", "must have at most {} properties"),
}
_PLAIN = {"falseSchema": "is one item too many"}
_LONGEST_CHOICE = 300
_Error = jsonschema_rs.ValidationError


def _kind(error: _Error) -> Any:
    """What sort of error it is; the stubs do not tell the sorts' own attributes."""
    return error.kind


def problems(validator: jsonschema_rs.Draft202012Validator, schema: Schema, data: Any) -> tuple[Problem, ...]:
    """What is wrong with data that the validator refused; the first of long lists' broken items stands for the rest."""
    shown, offset = _narrowed(validator, data)
    found: dict[str, Problem] = {}
    for problem in _told(_errors(validator, shown), schema):
        moved = _moved(problem, offset)
        found.setdefault(moved.path, moved)
        if len(found) == MOST:
            break
    return tuple(found.values()) or (Problem("", "does not match its schema"),)


def _narrowed(validator: jsonschema_rs.Draft202012Validator, data: Any) -> tuple[Any, tuple[str, int] | None]:
    """The data with its long list cut to the first broken item, and where that item was."""
    if not isinstance(data, dict) or all(len(value) <= _LONG for value in data.values() if isinstance(value, list)):
        return data, None
    try:
        validator.validate(data)
    except _Error as error:
        field, index = [*error.instance_path, None, None][:2]
        if isinstance(field, str) and isinstance(index, int) and len(data[field]) > _LONG:
            short = {name: value for name, value in data.items() if not isinstance(value, list) or len(value) <= _LONG}
            return short | {field: [data[field][index]]}, (field, index)
    return data, None


def _errors(validator: jsonschema_rs.Draft202012Validator, data: Any) -> list[_Error]:
    """All errors of small data, the first one of large data.

    Every error holds a copy of what it is about: 15,000 bad names in one object took more memory than there is.
    """
    if len(orjson.dumps(data)) <= _SMALL_BYTES:
        return list(validator.iter_errors(data))
    try:
        validator.validate(data)
    except _Error as error:
        return [error]
    return []


def _moved(problem: Problem, offset: tuple[str, int] | None) -> Problem:
    if offset is None:
        return problem
    field, index = offset
    first = pointer(field, 0)
    if problem.path == first or problem.path.startswith(first + "/"):
        return Problem(pointer(field, index) + problem.path[len(first) :], problem.message)
    return problem


def _told(errors: list[_Error], schema: Schema) -> Iterator[Problem]:
    broken = [tuple(error.instance_path) for error in errors if error.kind.name != "unevaluatedProperties"]
    for error in errors:
        path = tuple(error.instance_path)
        if error.kind.name == "unevaluatedProperties" and any(other[: len(path)] == path for other in broken):
            # A broken branch leaves its own properties unevaluated: only those no branch knows are unknown.
            yield from _unknown(path, set(_kind(error).unexpected) - _known(schema, error))
        else:
            yield from _one(error, schema)


def _known(schema: Schema, error: _Error) -> set[str]:
    owner = _at(schema, error.schema_path[:-1])
    places = (part for path, part in every(owner) if set(path) <= {"allOf", "if", "then", "else", *range(100)})
    return {name for part in places for name in part.get("properties", ())}


def _one(error: _Error, schema: Schema) -> Iterator[Problem]:
    kind, path = _kind(error), tuple(error.instance_path)
    match kind.name:
        case "required":
            yield Problem(pointer(*path, kind.property), "is missing")
        case "additionalProperties" | "unevaluatedProperties":
            yield from _unknown(path, set(kind.unexpected))
        case "propertyNames":
            yield _named(path, str(kind.error.instance), "is not an allowed name of a property")
        case "anyOf":
            yield from _branch(error, schema)
        case _:
            yield Problem(pointer(*path), _sentence(error, schema))


def _unknown(path: tuple[str | int, ...], names: set[str]) -> Iterator[Problem]:
    for name in sorted(names):
        yield _named(path, name, "is not a known property")


def _named(path: tuple[str | int, ...], name: str, message: str) -> Problem:
    """What is wrong with a property that somebody else named."""
    if len(name) > LONGEST_NAME:
        return Problem(pointer(*path), f"has a property with a name of more than {LONGEST_NAME} characters")
    return Problem(pointer(*path, name), message)


def _branch(error: _Error, schema: Schema) -> Iterator[Problem]:
    """Of several alternatives, the one meant: that whose type fits. Else the types there are."""
    path = list(error.instance_path)
    meant = [
        branch
        for branch in _kind(error).context
        if not any(inner.kind.name == "type" and list(inner.instance_path) == path for inner in branch)
    ]
    if len(meant) == 1:
        yield from _told(meant[0], schema)
        return
    types = [
        kind
        for branch in _kind(error).context
        for inner in branch
        if inner.kind.name == "type"
        for kind in _kind(inner).types
    ]
    yield Problem(pointer(*path), f"must be {_either(types)}" if types and not meant else "matches no alternative")


def _sentence(error: _Error, schema: Schema) -> str:
    kind = _kind(error)
    match kind.name:
        case "type":
            return f"must be {_either(kind.types)}"
        case "enum":
            options = ", ".join(map(_value, kind.options))
            return (
                f"must be one of: {options}" if len(options) <= _LONGEST_CHOICE else "is not one of the allowed values"
            )
        case "const":
            return f"must be {_value(kind.expected_value)}"
        case "pattern" | "format":
            title = _at(schema, error.schema_path[:-1]).get("title")
            return f"is not a valid {title[0].lower()}{title[1:]}" if title else "does not have the right form"
        case limited if limited in _LIMITS:
            one, many = _LIMITS[limited]
            return one if kind.limit == 1 else many.format(_number(kind.limit))
    return _PLAIN.get(kind.name, "is not valid")


def _value(one: Any) -> str:
    """A value of the schema as it stands in JSON, text without its quotes."""
    return one if isinstance(one, str) else orjson.dumps(one).decode()


def _either(types: list[str]) -> str:
    return " or ".join(_TYPES.get(each, each) for each in sorted(set(types), key=list(_TYPES).index))


def _number(limit: float) -> str:
    return f"{limit:,.0f}".replace(",", " ") if limit == int(limit) else str(limit)


def _at(schema: Schema, path: list[str | int]) -> Mapping[str, Any]:
    at: Any = schema
    for part in path:
        at = at[part]
    return at if isinstance(at, Mapping) else {}
