"""Frames as anybody might send them: read, or refused by a frame that can be sent."""

import json
from typing import Any

import orjson
import pytest

from edge.errors import ApiError, problem
from edge.strict_json import parse
from edge.ws import server_frames
from edge.ws.client_frames import MAX_ID, Frame, FrameRefused, parse_frame
from schemas.problems import Problem
from schemas.registry import registry
from tests.hostile.mutations import mutations
from tests.hostile.refusals import assert_plain, assert_sendable
from tests.hostile.seeds import seeds
from tests.hostile.texts import texts

DEPTH = 32
# Whatever was sent, a refusal costs its reader no more.
LONGEST_REFUSAL = 32 * 1024
FRAMES: list[dict[str, Any]] = [
    {"kind": "hello", "id": "h", "token": "T", "client": "web/1.0", "features": ["append_points"]},
    {"kind": "join", "id": "j", "room": "board:01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "since": "C", "owners": True},
    {"kind": "leave", "id": "l", "room": "board:01980c5e-0005-7a10-8f2e-3c4d5e6f7081"},
    {"kind": "send", "id": "s", "type": "boards.draw", "data": registry().get("boards.draw").examples[0], "key": "k"},
    {"kind": "move", "id": "m", "room": "board:x", "data": {"pointer": {"x": 1, "y": 2, "tool": "pointer"}}},
    {"kind": "ping", "id": "p"},
]


def read(raw: bytes) -> Frame | None:
    """The frame, or None where it is refused well."""
    try:
        return parse_frame(raw, DEPTH)
    except FrameRefused as refused:
        assert_good(refused)
        return None


def assert_good(refused: FrameRefused) -> None:
    """A refusal can be sent, is small, and names a frame only by an id that it may have."""
    sent = server_frames.reject(refused.frame_id, refused.room, refused)
    assert len(sent) <= LONGEST_REFUSAL, len(sent)
    assert refused.frame_id is None or len(refused.frame_id) <= MAX_ID
    assert_words(refused.detail, refused.errors)


def assert_words(detail: str, errors: tuple[Problem, ...]) -> None:
    """The words of a refusal, in frames and in answers."""
    assert len(detail) <= 400
    assert_sendable(detail)
    for each in errors:
        assert_plain(each.message)
        assert_sendable(each.path)


def written(data: Any) -> bytes:
    """The document in bytes, as a writer does it who thinks of nothing."""
    return json.dumps(data).encode()


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["kind"])
def test_a_hostile_frame_is_read_or_refused(frame: dict[str, Any], seed: int) -> None:
    assert read(written(frame)) is not None

    for mutation in mutations({}, frame, seed):
        read(written(mutation.data))
    for _, raw in texts(frame, seed):
        read(raw)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame["kind"])
def test_an_id_that_cannot_be_echoed_is_left_out_of_the_refusal(frame: dict[str, Any]) -> None:
    for wrong in (b'"x": 1, "x": 1', b'"x": NaN', b'"x": ' + b"[" * 40 + b"]" * 40, b'"x": "\\ud800"'):
        raw = b'{"kind": "' + frame["kind"].encode() + b'", "id": "\\ud800", ' + wrong + b"}"

        with pytest.raises(FrameRefused) as refused:
            parse_frame(raw, DEPTH)

        assert refused.value.frame_id is None
        server_frames.reject(refused.value.frame_id, refused.value.room, refused.value)


@pytest.mark.parametrize("seed", seeds())
def test_a_hostile_body_is_read_or_refused(seed: int) -> None:
    for mt in registry().types()[seed % 20 :: 20]:
        for why, raw in texts(mt.examples[0], seed):
            refused, value = parsed(raw)

            if refused is None:
                assert orjson.loads(orjson.dumps(value)) == value, why
            else:
                assert refused.code in ("malformed", "schema_invalid"), why
                assert len(orjson.dumps(problem(refused, "0"))) <= LONGEST_REFUSAL, why
                assert_words(refused.detail, refused.errors)


def parsed(raw: bytes) -> tuple[ApiError | None, Any]:
    """Why the body is refused, and what it is."""
    try:
        return None, parse(raw)
    except ApiError as refused:
        return refused, None
