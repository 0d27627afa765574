"""What a message says of who was active on which board, and how two such sayings become one.

A saying is JSON: `{"boards": {board: {user: [slices, [op, …]]}}, "homes": {board: workspace}, "erased": [user, …]}`.
`slices` has a bit for each ten seconds of the minute in which the person was seen, `op` is half of an op's id as a
number. All of it are sets, so it does not matter in which order sayings come, or how often.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from schemas.envelope import Envelope
from schemas.ids import is_id

MINUTE_MS: Final = 60_000
SLICE_MS: Final = 10_000
OPS_RECORD: Final = "boards.ops_record"
MOVED: Final = "presence.moved"
BOARD_CREATED: Final = "boards.board_created"
ERASED: Final = "identity.user_erased"
BOARD_ROOM: Final = "board:"

Saying: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A person on a board in a minute (its start, in Unix milliseconds)."""

    board_id: str
    minute_ms: int
    user_id: str


def sayings(name: str, envelope: Envelope, data: Mapping[str, Any]) -> Iterator[tuple[int, Saying]]:
    """What a message says, each with when that was, in Unix milliseconds."""
    if name == OPS_RECORD:
        for op in data["ops"]:
            at = time_ms(op["time"])
            yield at, _seen(op["data"]["board_id"], op["actor"], at, [op_number(op["id"])])
        return
    now = time_ms(envelope.time)
    if name == ERASED:
        yield now, {"erased": [data["user_id"]]}
    if name == BOARD_CREATED:
        yield now, {"homes": {data["board_id"]: data["workspace_id"]}}
    for board_id, user_id in _present(name, envelope, data):
        yield now, _seen(board_id, user_id, now)


def _present(name: str, envelope: Envelope, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who, by this message, was on which board when it was made."""
    domain = name.partition(".")[0]
    if name == MOVED:
        room = data["room"]
        if room.startswith(BOARD_ROOM):
            for user_id in sorted({move["user_id"] for move in data["moves"]}):
                yield room.removeprefix(BOARD_ROOM), user_id
    elif domain == "activity" and "board_id" in data:
        yield data["board_id"], data["user_id"]
    elif domain == "boards" and envelope.actor is not None and is_id(envelope.actor):
        # A record made past the edge may name anything as its actor.
        yield envelope.subject, envelope.actor


def joined(held: Saying, new: Saying) -> Saying:
    """Two sayings of one minute as one. `held` is used up."""
    for board_id, people in new.get("boards", {}).items():
        board = held.setdefault("boards", {}).setdefault(board_id, {})
        for user_id, (slices, ops) in people.items():
            seen = board.get(user_id)
            board[user_id] = [slices, ops] if seen is None else [seen[0] | slices, seen[1] + ops]
    if "homes" in new:
        held.setdefault("homes", {}).update(new["homes"])
    if "erased" in new:
        held.setdefault("erased", []).extend(new["erased"])
    return held


def cells(minute_ms: int, saying: Saying) -> Iterator[tuple[Cell, int, list[int]]]:
    """Who was seen where in a minute: in which slices of it, and by which ops."""
    for board_id, people in saying.get("boards", {}).items():
        for user_id, (slices, ops) in people.items():
            yield Cell(board_id, minute_ms, user_id), slices, ops


def time_ms(text: str) -> int:
    """A time of the log in Unix milliseconds."""
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000 + 0.5)


def op_number(op_id: str) -> int:
    """The random half of an op's id, as PostgreSQL's bigint: 62 bits, told apart from the few of the same minute."""
    return int(op_id[19:23] + op_id[24:], 16) - (1 << 63)


def _seen(board_id: str, user_id: str, at_ms: int, ops: list[int] | None = None) -> Saying:
    return {"boards": {board_id: {user_id: [1 << at_ms % MINUTE_MS // SLICE_MS, ops or []]}}}
