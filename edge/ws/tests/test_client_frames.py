"""Every row of the client's table, and every way to get one wrong."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ws import server_frames
from edge.ws.client_frames import (
    FrameProblem,
    FrameRefused,
    Hello,
    Join,
    Leave,
    Move,
    Ping,
    Send,
    parse_frame,
    refuse_binary,
)
from schemas.problems import Problem

DEPTH = 32


def raw(frame: Any) -> bytes:
    return json.dumps(frame, separators=(",", ":")).encode()


def refused(frame: bytes) -> FrameRefused:
    with pytest.raises(FrameRefused) as caught:
        parse_frame(frame, DEPTH)
    return caught.value


def paths(error: FrameRefused) -> list[tuple[str, bool]]:
    return [(problem.path, isinstance(problem, FrameProblem)) for problem in error.errors]


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ({"kind": "hello", "token": "T", "client": "web/1.0"}, Hello(None, "T", "web/1.0")),
        (
            {"kind": "hello", "token": "T", "features": ["append_points", "of tomorrow"]},
            Hello(None, "T", "", frozenset({"append_points", "of tomorrow"})),
        ),
        ({"kind": "hello", "token": "T", "features": None}, Hello(None, "T", "")),
        ({"kind": "hello", "token": "T"}, Hello(None, "T", "")),
        ({"kind": "join", "room": "board:1", "since": "C"}, Join(None, "board:1", "C")),
        ({"kind": "join", "room": "board:1", "since": None, "id": "j"}, Join("j", "board:1", None)),
        ({"kind": "join", "room": "board:1"}, Join(None, "board:1", None)),
        ({"kind": "leave", "room": "board:1"}, Leave(None, "board:1")),
        (
            {"kind": "send", "id": "c-17", "type": "boards.draw", "data": {"a": 1}},
            Send("c-17", "boards.draw", {"a": 1}, None),
        ),
        ({"kind": "send", "type": "t", "data": None, "key": "k"}, Send(None, "t", None, "k")),
        ({"kind": "move", "room": "board:1", "data": {}}, Move(None, "board:1", {})),
        ({"kind": "ping"}, Ping(None)),
        ({"kind": "ping", "id": "x" * 64}, Ping("x" * 64)),
        ({"kind": "ping", "id": "🙂" * 64}, Ping("🙂" * 64)),
        ({"kind": "ping", "id": None}, Ping(None)),
    ],
)
def test_each_kind_of_frame_is_read(frame: Any, read: Any) -> None:
    assert parse_frame(raw(frame), DEPTH) == read


@pytest.mark.parametrize(
    ("frame", "path"),
    [
        ({"kind": "hello"}, "/token"),
        ({"kind": "hello", "token": 5}, "/token"),
        ({"kind": "hello", "token": ""}, "/token"),
        ({"kind": "hello", "token": "T", "client": 5}, "/client"),
        ({"kind": "join"}, "/room"),
        ({"kind": "join", "room": "r", "since": 5}, "/since"),
        ({"kind": "join", "room": "r" * 101}, "/room"),
        ({"kind": "leave", "room": None}, "/room"),
        ({"kind": "send", "data": {}}, "/type"),
        ({"kind": "send", "type": "t"}, "/data"),
        ({"kind": "send", "type": "t", "data": {}, "key": "k" * 129}, "/key"),
        ({"kind": "send", "type": "t", "data": {}, "key": 1}, "/key"),
        ({"kind": "move", "room": "r"}, "/data"),
        ({"kind": "ping", "id": 7}, "/id"),
        ({"kind": "ping", "id": "x" * 65}, "/id"),
        ({"kind": "ping", "extra": 1}, "/extra"),
        ({"kind": "ping", "a/b~c": 1}, "/a~1b~0c"),
    ],
)
def test_a_known_kind_with_wrong_fields_is_schema_invalid_in_the_frame_and_not_counted(frame: Any, path: str) -> None:
    error = refused(raw(frame))

    assert (error.code, error.unreadable) == ("schema_invalid", False)
    assert paths(error) == [(path, True)]


def test_a_refused_frame_is_named_by_its_id_and_room() -> None:
    error = refused(raw({"kind": "join", "id": "j-1", "room": "board:1", "since": 5}))

    assert (error.frame_id, error.room) == ("j-1", "board:1")


def test_an_id_that_is_refused_is_not_echoed() -> None:
    assert refused(raw({"kind": "ping", "id": "x" * 65})).frame_id is None
    assert refused(b'{"kind":"ping","id":"a\\u0000"}').frame_id is None


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"garbage",
        b"{",
        b'"text"',
        b"[]",
        b"null",
        b"{}",
        b'{"kind":5}',
        b'{"kind":"dance"}',
        b'{"kind":["ping"]}',
        b'{"kind":"welcome"}',
        b'{"kind":"ping"}{"kind":"ping"}',
        b'{"kind":"ping","kind":"ping"}',
        b'{"kind":"send","type":"t","data":NaN}',
        b'{"kind":"ping\xff"}',
        b'{"kind":"send","type":"t","data":' + b"[" * 32 + b"]" * 32 + b"}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_frame_is_malformed_and_counted(frame: bytes) -> None:
    error = refused(frame)

    assert (error.code, error.unreadable) == ("malformed", True)


def test_a_binary_frame_is_malformed_and_counted() -> None:
    assert (refuse_binary().code, refuse_binary().unreadable) == ("malformed", True)


def test_many_and_long_unknown_fields_are_refused_in_few_words() -> None:
    error = refused(raw({"kind": "ping", "k" * 5000: 1} | {f"n{number}": 1 for number in range(20_000)}))

    assert len(error.errors) == 20
    assert paths(error)[:2] == [("", True), ("/n0", True)]


def test_an_unknown_kind_is_named_by_its_id() -> None:
    assert refused(raw({"kind": "dance", "id": "d-1"})).frame_id == "d-1"


def test_the_frame_is_the_first_level_of_depth() -> None:
    deepest = b'{"kind":"send","type":"t","data":' + b"[" * 31 + b"]" * 31 + b"}"

    assert isinstance(parse_frame(deepest, DEPTH), Send)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"elements":[{"x":1e999}]}', "/elements/0/x"),
        (b'{"__proto__":1}', "/__proto__"),
        (b'{"a":"\\u0000"}', "/a"),
        (b'{"a":"\\ud800"}', "/a"),
        (b'{"n":9007199254740992}', "/n"),
        (b"9007199254740992", ""),
    ],
)
def test_what_no_reader_can_keep_is_schema_invalid_with_its_path_in_the_data(data: bytes, path: str) -> None:
    error = refused(b'{"kind":"send","id":"c-1","type":"boards.draw","data":' + data + b"}")

    assert (error.code, error.frame_id, error.unreadable) == ("schema_invalid", "c-1", False)
    assert paths(error) == [(path, False)]


def test_a_path_outside_of_the_data_is_the_frames_own() -> None:
    error = refused(b'{"kind":"join","room":"a\\u0000","data_":1}')

    assert paths(error) == [("/room", True)]


def test_problems_of_frame_and_data_are_different_values() -> None:
    assert FrameProblem("/a", "m") != Problem("/a", "m")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["kind", "id", "room", "since", "type", "data", "key", "token", "client", "x"])
KIND = st.sampled_from(["hello", "join", "leave", "send", "move", "ping", "welcome"])


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_do_anything_but_be_refused(frame: bytes) -> None:
    with pytest.raises(FrameRefused):
        parse_frame(frame, DEPTH)


@given(st.dictionaries(FIELDS, JSON | KIND, max_size=5), KIND)
def test_a_frame_is_read_or_refused_and_a_refusal_can_be_said(fields: dict[str, Any], kind: str) -> None:
    error: FrameRefused | None = None
    try:
        parse_frame(json.dumps({**fields, "kind": kind}).encode(), DEPTH)
    except FrameRefused as caught:
        error = caught

    if error is not None:
        said = orjson.loads(server_frames.reject(error.frame_id, error.room, error))
        assert said["code"] == error.code
        assert error.unreadable == (error.code == "malformed")
