"""Data to bytes and back, and whether data is what its schema says.

jsonschema-rs answers both yes or no (7 us for an element, against 560 us of the jsonschema package) and
why not (its errors carry instance paths and kinds), so the slow package is not needed at run time at all.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from schemas import explain, forms
from schemas.problems import DataInvalid, Problem, Trail, pointer, steps
from schemas.registry import MessageType

_Validator = jsonschema_rs.Draft202012Validator
_ESCAPED_NUL = b"\\u0000"


def validate(mt: MessageType, data: Any) -> None:
    """Data as it is produced: closed, secrets sealed. Raises DataInvalid."""
    _checked(_producer(mt), data)


def validate_from_client(mt: MessageType, data: Any) -> None:
    """Data as a client sends it: the edge's fields are refused, secrets are in clear. Raises DataInvalid."""
    _checked(_client(mt), data)


def validate_on_read(mt: MessageType, data: Any) -> None:
    """Data as a reader takes it: unknown optional fields are allowed. Raises DataInvalid."""
    _checked(_reader(mt), data)


@cache
def client_schema(mt: MessageType) -> Mapping[str, Any]:
    """The schema of what a client sends, whole in itself."""
    return forms.client(mt)


@cache
def produced_schema(mt: MessageType) -> Mapping[str, Any]:
    """The schema of what stands in the log, whole in itself."""
    return forms.produced(mt)


@cache
def read_schema(mt: MessageType) -> Mapping[str, Any]:
    """The schema of what a reader accepts, whole in itself."""
    return forms.readable(mt)


def encode(data: Any) -> bytes:
    """JSON bytes. Raises DataInvalid at what JSON cannot say (an unpaired surrogate, a foreign object)."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError as error:
        raise DataInvalid((Problem("", f"cannot be written as JSON: {error}"),)) from error


def decode(raw: bytes) -> Any:
    """Data from JSON bytes. Raises DataInvalid."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DataInvalid((Problem("", f"is not JSON: {error.msg} at character {error.pos}"),)) from error


def refuse_nul(raw: bytes, data: Any) -> None:
    """Raises DataInvalid for U+0000 in data that was read from these bytes: no client may send it, no table can hold it."""
    if _ESCAPED_NUL in raw and (found := _first(data, _holds_nul)) is not None:
        raise DataInvalid((Problem(found, "holds U+0000"),))


_Compiled = tuple[_Validator, Mapping[str, Any]]


@cache
def _producer(mt: MessageType) -> _Compiled:
    return compiled(produced_schema(mt))


@cache
def _client(mt: MessageType) -> _Compiled:
    return compiled(client_schema(mt))


@cache
def _reader(mt: MessageType) -> _Compiled:
    return compiled(read_schema(mt))


def compiled(schema: Mapping[str, Any]) -> _Compiled:
    """A validator made ready, with formats asserted: a day that does not exist is no time."""
    return _Validator(dict(schema), validate_formats=True), schema


def _checked(compiled_: _Compiled, data: Any) -> None:
    validator, schema = compiled_
    try:
        if validator.is_valid(data):
            return
        found = explain.problems(validator, schema, data)
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        # What jsonschema-rs cannot read: an unpaired surrogate, a set, 255 levels. The edge's parser lets none in.
        raise DataInvalid((_unreadable(data),)) from error
    raise DataInvalid(found)


def _unreadable(data: Any) -> Problem:
    found = _first(data, _cannot_be_written)
    return Problem("", "is nested too deeply") if found is None else Problem(found, "cannot be written as JSON")


def _first(data: Any, wrong: Callable[[Any], bool]) -> str | None:
    """The path of a value that is wrong, or of the object that has a wrong name; None when there is none.

    A walk without recursion, because it may be the depth that is wrong.
    """
    waiting: list[tuple[Trail, Any]] = [(None, data)]
    while waiting:
        trail, value = waiting.pop()
        if isinstance(value, dict):
            if any(map(wrong, value)):
                return pointer(*steps(trail))
            waiting.extend(((trail, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((trail, index), inner) for index, inner in enumerate(value))
        elif wrong(value):
            return pointer(*steps(trail))
    return None


def _cannot_be_written(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False


def _holds_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value
