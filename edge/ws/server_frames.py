"""What the server says on a socket: the payload of each kind of frame, without I/O.

`events` and `presence` are built by the rooms, once for everybody in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from edge.auth.callers import Caller
from edge.errors import ApiError
from edge.rooms.member import Joined
from edge.ws.client_frames import FrameProblem, FrameRefused
from schemas.permissions import Role
from schemas.problems import Problem

PROTOCOL: Final = 1
# What a client may say in its hello that it takes, and may use itself when the welcome names it.
APPEND_POINTS: Final = "append_points"
FEATURES: Final = (APPEND_POINTS,)


@dataclass(frozen=True, slots=True)
class Told:
    """The limits of a socket, as the welcome tells them; None is no limit."""

    frame_bytes: int
    element_bytes: int
    elements_per_op: int
    depth: int
    rooms: int
    sends_per_second: int | None
    sends_burst: int | None
    moves_per_second: int | None
    queue_bytes: int
    ping_seconds: int
    dead_seconds: int
    resume_events: int
    resume_seconds: int
    resume_bytes: int
    embed_hosts: tuple[str, ...]


def welcome(frame_id: str | None, connection: str, caller: Caller, expires_at: str, limits: Told) -> bytes:
    """The answer to a good hello."""
    return _frame(
        "welcome",
        frame_id,
        protocol=PROTOCOL,
        connection=connection,
        session_id=caller.session_id,
        user={
            "user_id": caller.user_id,
            "name": caller.name,
            "color": caller.color,
            "locale": caller.locale,
            "guest": caller.guest,
        },
        expires_at=expires_at,
        limits=limits,
        features=FEATURES,
    )


def joined(frame_id: str | None, answer: Joined, role: Role | None) -> bytes:
    """In the room: the next event is `seq + 1`."""
    head = _frame(
        "joined", frame_id, room=answer.room, epoch=answer.epoch, seq=answer.seq, cursor=answer.cursor, role=role
    )
    return head.removesuffix(b"}") + b',"members":[' + answer.members + b"]}"


def stale(frame_id: str | None, room: str, reason: Literal["window", "epoch"]) -> bytes:
    """Not joined: the cursor cannot be resumed."""
    return _frame("stale", frame_id, room=room, reason=reason)


def reset(room: str) -> bytes:
    """No longer joined: join again with the last cursor."""
    return _frame("reset", None, room=room)


def role(room: str, now: Role) -> bytes:
    """The role has changed."""
    return _frame("role", None, room=room, role=now)


def left(frame_id: str | None, room: str, reason: Literal["left", "revoked", "deleted"]) -> bytes:
    """Out of the room."""
    return _frame("left", frame_id, room=room, reason=reason)


def pong(frame_id: str | None) -> bytes:
    """The answer to a ping."""
    return _frame("pong", frame_id)


def ack(frame_id: str | None, position: str) -> bytes:
    """The op is durable."""
    return orjson.dumps({"kind": "ack", "id": frame_id, "position": position})


def answer(frame_id: str | None, facts: Iterable[Mapping[str, Any]]) -> bytes:
    """The action is accepted."""
    return orjson.dumps(
        {"kind": "answer", "id": frame_id, "facts": [{"type": fact["type"], "data": fact["data"]} for fact in facts]}
    )


def unknown(frame_id: str | None, retry_after: int) -> bytes:
    """In the log, without an answer in time."""
    return orjson.dumps({"kind": "unknown", "id": frame_id, "retry_after": retry_after})


def reject(frame_id: str | None, room: str | None, error: ApiError | FrameRefused) -> bytes:
    """Nothing happened, and why."""
    frame: dict[str, Any] = {"kind": "reject"}
    if frame_id is not None:
        frame["id"] = frame_id
    if room is not None:
        frame["room"] = room
    frame |= {"code": error.code, "detail": error.detail, "errors": [_problem(problem) for problem in error.errors]}
    if isinstance(error, ApiError) and error.retry_after is not None:
        frame["retry_after"] = error.retry_after
    return orjson.dumps(frame)


def _problem(problem: Problem) -> dict[str, str]:
    shown = {"path": problem.path, "message": problem.message}
    if isinstance(problem, FrameProblem):
        shown["in"] = "frame"
    return shown


def _frame(kind: str, frame_id: str | None, **fields: Any) -> bytes:
    frame: dict[str, Any] = {"kind": kind}
    if frame_id is not None:
        frame["id"] = frame_id
    return orjson.dumps(frame | fields)
