"""The strict reader of JSON, against a slow reader that follows the contract sentence by sentence."""

import json
import math
import re
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.errors import ApiError
from edge.strict_json import parse

MAX_INTEGER = 9007199254740991
Verdict = tuple[str, Any]
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Malformed(Exception):
    pass


class Reference:
    """Character by character, no tricks: the grammar of RFC 8259 and our rules beside it."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text, self.at, self.max_depth = text, 0, max_depth
        self.paths: set[str] = set()

    def read(self) -> Any:
        value = self.value("", 1)
        self.space()
        if self.at != len(self.text):
            raise Malformed
        return value

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\n\r":
            self.at += 1

    def peek(self) -> str:
        if self.at >= len(self.text):
            raise Malformed
        return self.text[self.at]

    def take(self, expected: str) -> None:
        if not self.text.startswith(expected, self.at):
            raise Malformed
        self.at += len(expected)

    def value(self, path: str, depth: int) -> Any:
        self.space()
        first = self.peek()
        if first in "{[" and depth > self.max_depth:
            raise Malformed
        if first == "{":
            return self.object(path, depth)
        if first == "[":
            return self.array(path, depth)
        if first == '"':
            return self.string(path)
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number(path)

    def number(self, path: str) -> Any:
        found = NUMBER.match(self.text, self.at)
        if found is None:
            raise Malformed
        self.at = found.end()
        if found[1] is None and found[2] is None:
            if len(found[0]) > 20 or abs(int(found[0])) > MAX_INTEGER:
                self.paths.add(path)
                return None
            return int(found[0])
        value = float(found[0])
        if math.isinf(value):
            self.paths.add(path)
        return value

    def string(self, path: str | None) -> str:
        self.take('"')
        units: list[str] = []
        while (character := self.peek()) != '"':
            self.at += 1
            if character < " ":
                raise Malformed
            if character != "\\":
                units.append(character)
                continue
            escape = self.peek()
            self.at += 1
            if escape == "u":
                digits = self.text[self.at : self.at + 4]
                if not re.fullmatch("[0-9a-fA-F]{4}", digits):
                    raise Malformed
                self.at += 4
                units.append(chr(int(digits, 16)))
            elif escape in ESCAPES:
                units.append(ESCAPES[escape])
            else:
                raise Malformed
        self.at += 1
        text = "".join(units).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if path is not None and bad(text):
            self.paths.add(path)
        return text

    def object(self, path: str, depth: int) -> dict[str, Any]:
        self.take("{")
        value: dict[str, Any] = {}
        self.space()
        if self.peek() == "}":
            self.at += 1
            return value
        while True:
            self.space()
            key = self.string(None)
            if key in value:
                raise Malformed
            below = f"{path}/" + shown(key).replace("~", "~0").replace("/", "~1")
            if bad(key) or key in ("__proto__", "constructor", "prototype"):
                self.paths.add(below)
            self.space()
            self.take(":")
            value[key] = self.value(below, depth + 1)
            self.space()
            if self.peek() == "}":
                self.at += 1
                return value
            self.take(",")

    def array(self, path: str, depth: int) -> list[Any]:
        self.take("[")
        value: list[Any] = []
        self.space()
        if self.peek() == "]":
            self.at += 1
            return value
        while True:
            value.append(self.value(f"{path}/{len(value)}", depth + 1))
            self.space()
            if self.peek() == "]":
                self.at += 1
                return value
            self.take(",")


def bad(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def shown(key: str) -> str:
    return "".join("?" if "\ud800" <= character <= "\udfff" else character for character in key)


def by_reference(raw: bytes, max_depth: int) -> Verdict:
    try:
        reference = Reference(raw.decode("utf-8"), max_depth)
        value = reference.read()
    except (UnicodeDecodeError, Malformed):
        return ("malformed", None)
    return ("schema_invalid", reference.paths) if reference.paths else ("value", value)


def by_us(raw: bytes, max_depth: int) -> Verdict:
    try:
        return ("value", parse(raw, max_depth))
    except ApiError as error:
        paths = {problem.path for problem in error.errors}
        return (error.code, paths if error.code == "schema_invalid" else None)


KEYS = st.one_of(
    st.sampled_from(["a", "b", "", "~", "/", "__proto__", "constructor", "é", "a\0", "\ud800", "1"]),
    st.text(max_size=4),
)
NUMBERS = st.one_of(
    st.integers(-(2**54), 2**54),
    st.sampled_from([MAX_INTEGER, MAX_INTEGER + 1, -MAX_INTEGER, -MAX_INTEGER - 1, 2**63, 2**64, 10**30, 0.1, 1e300]),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.one_of(st.text(max_size=6), st.sampled_from(["\0", "\ud800", "\udc00x", "😀", "[[[[", '"', "\\u0000"]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=25,
)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """JSON as different writers write it, sometimes broken by a few bytes."""
    value = draw(VALUES)
    writer = draw(st.sampled_from(["orjson", "spaced", "ascii"]))
    try:
        raw = orjson.dumps(value) if writer == "orjson" else None
    except (orjson.JSONEncodeError, TypeError):
        raw = None
    if raw is None:
        separators = (",", ":") if writer == "orjson" else (", ", ": ")
        raw = json.dumps(value, ensure_ascii=writer != "spaced", separators=separators).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 2)) if draw(st.booleans()) else 0):
        at = draw(st.integers(0, len(raw)))
        cut = draw(st.integers(0, 3))
        put = draw(
            st.sampled_from([b"", b'"a":1,', b"[", b"]", b"NaN", b"1e999", b"9" * 20, b"\xff", b"\\ud83d", b" "])
        )
        raw = raw[:at] + put + raw[at + cut :]
    return raw


@settings(max_examples=1500, deadline=None)
@given(texts(), st.integers(1, 6))
@example(b'{"a":1,"\\u0061":2}', 6)
@example(b'{"a":[1,{"a":1,"a":1}]}', 6)
@example(b"-0", 6)
@example(b"1E400", 6)
@example(b"01", 6)
@example(b"\xef\xbb\xbf{}", 6)
@example(b'"\\ud83d\\ude00"', 6)
@example(b"9007199254740993", 6)
@example(b'{"a":9007199254740993,"b":18446744073709551616}', 6)
@example(b'["]",["]",["["],"["],"["]', 2)
def test_it_says_what_the_slow_reader_says(raw: bytes, max_depth: int) -> None:
    ours, theirs = by_us(raw, max_depth), by_reference(raw, max_depth)

    assert ours[0] == theirs[0]
    if ours[0] == "value":
        assert repr(ours[1]).replace("-0.0", "0").replace("-0", "0") == repr(theirs[1]).replace("-0.0", "0").replace(
            "-0", "0"
        )
    elif ours[0] == "schema_invalid" and len(theirs[1]) <= 20:
        assert ours[1] == theirs[1]


def test_depth_counts_the_body_as_one() -> None:
    assert parse(b"[" * 32 + b"]" * 32)

    with pytest.raises(ApiError) as refused:
        parse(b"[" * 33 + b"]" * 33)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_a_very_deep_body_is_malformed_and_not_a_crash(depth: int) -> None:
    for raw in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth):
        with pytest.raises(ApiError) as refused:
            parse(raw)
        assert refused.value.code == "malformed"


def test_a_number_of_a_million_digits_is_refused_quickly_with_its_path() -> None:
    with pytest.raises(ApiError) as refused:
        parse(b'{"a":' + b"9" * 1_000_000 + b"}")

    assert (refused.value.code, [problem.path for problem in refused.value.errors]) == ("schema_invalid", ["/a"])


def test_what_a_browser_writes_takes_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.strict_json._parse_exactly", lambda *_: pytest.fail("took the slow way"))
    points = ",".join(f"[{x},{x / 7}]" for x in range(1000))

    parse(('{"elements":[{"x":571.6646881013171,"text":"Плоскость 😀","points":[' + points + "]}]}").encode())


def test_a_name_of_a_megabyte_over_a_long_list_costs_no_more_than_the_list() -> None:
    raw = b'{ "' + b"k" * 1_000_000 + b'": [' + b"0," * 40_000 + b'"\\u0000"]}'

    tracemalloc.start()
    try:
        with pytest.raises(ApiError) as refused:
            parse(raw)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [problem.path for problem in refused.value.errors] == [""]
    assert most < 64 * 1024 * 1024
