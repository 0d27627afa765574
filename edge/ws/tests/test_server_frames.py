"""Every row of the server's table, to the letter."""

from typing import Any

import orjson
import pytest

from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.rooms.member import Joined, Person
from edge.settings import EdgeSettings
from edge.ws import server_frames
from edge.ws.client_frames import FrameProblem, FrameRefused
from edge.ws.limits import socket_limits
from schemas.problems import Problem

GRACE = Caller("u-1", "s-1", "Grace", "#fff", guest=False, link_id=None, board_id=None, expires_at=0)


def read(payload: bytes) -> Any:
    return orjson.loads(payload)


def test_welcome_tells_who_where_and_every_limit() -> None:
    limits = socket_limits(EdgeSettings(embed_hosts=("a.example",))).told

    frame = read(server_frames.welcome(None, "c-1", GRACE, "2026-01-01T00:00:00Z", limits))

    assert frame == {
        "kind": "welcome",
        "protocol": 1,
        "connection": "c-1",
        "session_id": "s-1",
        "user": {"user_id": "u-1", "name": "Grace", "color": "#fff", "locale": "en", "guest": False},
        "expires_at": "2026-01-01T00:00:00Z",
        "limits": {
            "frame_bytes": 1048576,
            "element_bytes": 262144,
            "elements_per_op": 1000,
            "depth": 32,
            "rooms": 50,
            "sends_per_second": 60,
            "sends_burst": 120,
            "moves_per_second": 30,
            "queue_bytes": 4194304,
            "ping_seconds": 25,
            "dead_seconds": 60,
            "resume_events": 1000,
            "resume_seconds": 300,
            "resume_bytes": 2097152,
            "embed_hosts": ["a.example"],
        },
        "features": ["append_points"],
    }


def test_no_limit_is_null_in_the_welcome() -> None:
    limits = socket_limits(EdgeSettings(limit_sends_per_second=0)).told

    told = read(server_frames.welcome(None, "c-1", GRACE, "", limits))["limits"]

    assert (told["sends_per_second"], told["sends_burst"]) == (None, None)


def test_joined_tells_members_and_cursor() -> None:
    answer = Joined("board:b", "e", 7, "C", orjson.dumps(Person("c-1", "u-1", "Grace", "#fff")), b"")

    assert read(server_frames.joined("j", answer, "viewer")) == {
        "kind": "joined",
        "id": "j",
        "room": "board:b",
        "epoch": "e",
        "seq": 7,
        "cursor": "C",
        "role": "viewer",
        "members": [{"connection": "c-1", "user_id": "u-1", "name": "Grace", "color": "#fff"}],
    }


@pytest.mark.parametrize(
    ("payload", "frame"),
    [
        (server_frames.stale(None, "r", "window"), {"kind": "stale", "room": "r", "reason": "window"}),
        (server_frames.stale("i", "r", "epoch"), {"kind": "stale", "id": "i", "room": "r", "reason": "epoch"}),
        (server_frames.reset("r"), {"kind": "reset", "room": "r"}),
        (server_frames.ack("c-17", "P"), {"kind": "ack", "id": "c-17", "position": "P"}),
        (server_frames.ack(None, "P"), {"kind": "ack", "id": None, "position": "P"}),
        (
            server_frames.answer("a", [{"type": "t", "data": {"x": 1}, "more": 2}]),
            {"kind": "answer", "id": "a", "facts": [{"type": "t", "data": {"x": 1}}]},
        ),
        (server_frames.unknown("a", 2), {"kind": "unknown", "id": "a", "retry_after": 2}),
        (server_frames.role("r", "viewer"), {"kind": "role", "room": "r", "role": "viewer"}),
        (server_frames.left(None, "r", "revoked"), {"kind": "left", "room": "r", "reason": "revoked"}),
        (server_frames.left("l", "r", "left"), {"kind": "left", "id": "l", "room": "r", "reason": "left"}),
        (server_frames.pong(None), {"kind": "pong"}),
        (server_frames.pong("p"), {"kind": "pong", "id": "p"}),
    ],
)
def test_each_kind_of_frame_is_built(payload: bytes, frame: Any) -> None:
    assert read(payload) == frame


def test_a_reject_says_code_detail_and_places() -> None:
    error = ApiError("schema_invalid", "No.", (Problem("/elements/0", "wrong"),))

    assert read(server_frames.reject("c-1", None, error)) == {
        "kind": "reject",
        "id": "c-1",
        "code": "schema_invalid",
        "detail": "No.",
        "errors": [{"path": "/elements/0", "message": "wrong"}],
    }


def test_a_reject_marks_what_is_wrong_in_the_frame_itself() -> None:
    error = FrameRefused("schema_invalid", "No.", (FrameProblem("/since", "wrong"),))

    assert read(server_frames.reject(None, "r", error)) == {
        "kind": "reject",
        "room": "r",
        "code": "schema_invalid",
        "detail": "No.",
        "errors": [{"path": "/since", "message": "wrong", "in": "frame"}],
    }


def test_a_reject_that_will_pass_says_when() -> None:
    error = ApiError("rate_limited", "Slow down.", retry_after=0.2)

    assert read(server_frames.reject(None, None, error))["retry_after"] == 1
