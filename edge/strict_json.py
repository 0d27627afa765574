"""Reads JSON exactly as the public contract says: what two readers could understand differently is refused."""

import json
from typing import Any, Final, NoReturn

import orjson

from edge.errors import ApiError
from schemas.problems import Problem, Trail, pointer, steps

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53 - 1
MAX_PROBLEMS: Final = 20
FORBIDDEN_KEYS: Final = frozenset({"__proto__", "constructor", "prototype"})
# In orjson's own spelling: a body that differs from it takes the exact path.
SUSPICIOUS: Final = (b"\\u0000", b'"__proto__"', b'"constructor"', b'"prototype"')
DIGITS_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
# ±(2^53-1) has sixteen digits, so a shorter run of digits is never too big an integer.
LONG_NUMBER: Final = b"0" * 16


class _Unfit:
    """Stands in a parsed value where a number that JSON can write and we cannot keep stood."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


def parse(raw: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text; the outermost value has depth 1.

    Raises `ApiError`: `malformed` for what is not one unambiguous JSON text (syntax, encoding, a key twice, `NaN`,
    too deep), else `schema_invalid` with the paths of strings, keys and numbers that not every reader can hold.
    """
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        return _parse_exactly(raw, max_depth)
    if _is_plain(raw, value) and _fits(raw, value, max_depth):
        return value
    return _parse_exactly(raw, max_depth)


def _is_plain(raw: bytes, value: Any) -> bool:
    """Whether the text is what orjson itself would write (so no key is twice), without a suspicious string."""
    if any(part in raw for part in SUSPICIOUS):
        return False
    try:
        return orjson.dumps(value) == raw
    except (orjson.JSONEncodeError, RecursionError):
        return False


def _fits(raw: bytes, value: Any, max_depth: int) -> bool:
    """Whether depth and integers are within bounds; level by level, and not at all where the bytes already tell."""
    integers = LONG_NUMBER in raw.translate(DIGITS_TO_ZERO)
    if not integers and raw.count(b"[") + raw.count(b"{") <= max_depth:
        return True
    level = [value]
    depth = 0
    while level:
        inner: list[Any] = []
        containers = 0
        for one in level:
            kind = type(one)
            if kind is dict or kind is list:
                containers += 1
                inner.extend(one.values() if kind is dict else one)
            elif integers and kind is int and not -MAX_INTEGER <= one <= MAX_INTEGER:
                return False
        if containers:
            depth += 1
            if depth > max_depth:
                return False
        level = inner
    return True


def _parse_exactly(raw: bytes, max_depth: int) -> Any:
    """The slow way, which knows why."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError("malformed", f"The body is not UTF-8: byte {error.start}.") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise ApiError(
            "malformed", f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    problems: list[Problem] = []
    _inspect(value, max_depth, problems)
    if problems:
        raise ApiError("schema_invalid", "The body holds what not every reader of JSON can keep.", problems)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ApiError("malformed", f"A key stands twice in one object: {_shown(key)[:100]}.")
            seen.add(key)
    return value


def _integer(digits: str) -> int | _Unfit:
    # Longer texts are not even converted: Python refuses thousands of digits, and it would be slow.
    if len(digits) <= len("-9007199254740991"):
        value = int(digits)
        if -MAX_INTEGER <= value <= MAX_INTEGER:
            return value
    return _Unfit("An integer must be within ±(2^53-1).")


def _float(digits: str) -> float | _Unfit:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return _Unfit("A number must be finite.")
    return value


def _constant(name: str) -> NoReturn:
    raise ApiError("malformed", f"The body is not JSON: {name} is not a JSON value.")


def _too_deep(max_depth: int) -> ApiError:
    return ApiError("malformed", f"The body is nested deeper than {max_depth} levels.")


def _inspect(value: Any, max_depth: int, problems: list[Problem]) -> None:
    """Collect what cannot be kept, in the order of the text; an explicit stack, for the depth is the sender's."""
    stack: list[tuple[Any, Trail, int]] = [(value, None, 1)]
    while stack:
        one, trail, depth = stack.pop()
        if isinstance(one, str):
            _inspect_string(one, trail, problems)
        elif isinstance(one, _Unfit):
            _note(problems, trail, one.why)
        elif isinstance(one, dict | list):
            if depth > max_depth:
                raise _too_deep(max_depth)
            inner: list[tuple[Any, Trail, int]]
            if isinstance(one, list):
                inner = [(item, (trail, index), depth + 1) for index, item in enumerate(one)]
            else:
                inner = [(item, (trail, key), depth + 1) for key, item in one.items()]
                for key in one:
                    if key in FORBIDDEN_KEYS:
                        _note(problems, (trail, key), "This key is not allowed.")
                    else:
                        _inspect_string(key, (trail, key), problems)
            stack.extend(reversed(inner))


def _inspect_string(text: str, trail: Trail, problems: list[Problem]) -> None:
    if "\0" in text:
        _note(problems, trail, "U+0000 is not allowed.")
    elif not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        _note(problems, trail, "An unpaired surrogate is not allowed.")


def _note(problems: list[Problem], trail: Trail, message: str) -> None:
    # Not an early return: a later value may be too deep, which is another code.
    if len(problems) < MAX_PROBLEMS:
        parts = (part if isinstance(part, int) else _shown(part) for part in steps(trail))
        problems.append(Problem(pointer(*parts), message))


def _shown(key: str) -> str:
    """A key with what UTF-8 cannot hold replaced."""
    return key.encode("utf-8", "replace").decode("utf-8") if not key.isascii() else key
