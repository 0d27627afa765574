"""A board's life: how much was done when and by whom, and its ops one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from edge.archive.asked import foreign, moment
from edge.errors import at, not_found
from edge.http.allowed import allowed_board_in_use
from edge.http.answers import json_answer
from edge.http.requests import CALLER, one, read
from edge.http.route import LIST_QUERY, Answer, Parameter, Route, listed
from edge.http.times import rfc3339
from edge.keys import CURSORS, LIMITS, PASTS, POOL
from edge.queries import boards, guests
from edge.queries.guests import GuestNames
from edge.queries.pages import read_limit
from edge.queries.reading import told
from edge.rooms.cursor import CursorInvalid
from schemas.boards.archive import ArchivedOp
from schemas.boards.archive_history import Bucket
from schemas.boards.archive_trace import EPOCH, MICROSECOND
from schemas.ids import is_id
from topics.bus.message import Position

Json = dict[str, Any]
DEFAULT_BUCKETS: Final = 50
MOST_BUCKETS: Final = 1000
BUCKET: Final[Json] = {
    "type": "object",
    "required": ["from", "to", "count", "actors", "guests", "position"],
    "properties": {
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": "string", "format": "date-time"},
        "count": {"type": "integer", "description": "Ops from `from` until before `to`."},
        "actors": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "guests": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "What those actors called themselves then who came through a link, by id, where they said it.",
        },
        "position": {"type": ["string", "null"], "description": "Of the last op before `to`."},
    },
}
OP: Final[Json] = {
    "type": "object",
    "required": ["position", "id", "time", "actor", "type"],
    "properties": {
        "position": {"type": "string"},
        "id": {"type": "string", "format": "uuid"},
        "time": {"type": "string", "format": "date-time"},
        "actor": {"type": "string", "format": "uuid"},
        "guest_name": {"type": "string", "description": "What a guest called himself then; absent for everybody else."},
        "type": {"type": "string"},
        "data": {"type": "object", "description": "Of the op, as its schema says; absent with `data=false`."},
    },
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of the ops after number `after` until number `until`; those of `actor` alone, where one is named."""

    after: int
    until: int
    limit: int
    actor: str | None
    newest: bool


async def history(request: web.Request) -> web.Response:
    """What was done in a board, in buckets of equal length, empty ones included."""
    board_id = await allowed_board_in_use(request, "board.history")
    board = await boards.board(request.app[POOL], request[CALLER], board_id)
    if board is None:
        raise not_found()
    buckets = read(request, "buckets", _buckets, DEFAULT_BUCKETS)
    start = read(request, "from", rfc3339, None) or datetime.fromisoformat(board["created_at"])
    end = read(request, "to", rfc3339, None) or datetime.now(UTC)
    if start >= end:
        raise at("schema_invalid", "/to" if one(request, "to") is not None else "/from", "`from` must be before `to`.")
    async with request.app[LIMITS].past.of(request[CALLER].user_id):
        found = await request.app[PASTS].history(board_id, start, end, buckets)
    names = await guests.names(request.app[POOL], board_id, {actor for each in found for actor in each.actors})
    return json_answer({"buckets": [_shown(request, board_id, each, names) for each in found]})


async def ops(request: web.Request) -> web.Response:
    """A board's ops in the order of the log, after `from` until `to`, included."""
    board_id = await allowed_board_in_use(request, "board.history")
    async with request.app[LIMITS].past.of(request[CALLER].user_id):
        return await _ops(request, board_id)


async def _ops(request: web.Request, board_id: str) -> web.Response:
    pasts, limit = request.app[PASTS], read_limit(one(request, "limit"))
    actor = one(request, "actor")
    if actor is not None and not is_id(actor):
        raise at("schema_invalid", "/actor", "This is not an id of ours.")
    newest = read(request, "order", _order, "oldest") == "newest"
    with_data = read(request, "data", _truth, default=True)
    until = await _seq(request, board_id, "to") if one(request, "to") is not None else None
    if until is None:
        until = await pasts.seq_at(board_id, datetime.now(UTC))
    after = await _seq(request, board_id, "from") if one(request, "from") is not None else 0
    cursor = one(request, "cursor")
    if cursor is not None:
        seq = await _cursor(request, board_id, cursor)
        after, until = (after, min(until, seq - 1)) if newest else (max(after, seq), until)
    items, more = await _page(request, board_id, Wanted(after, until, limit, actor, newest))
    names = await guests.names(request.app[POOL], board_id, {each.actor for each in items})
    return json_answer(
        {
            "items": [_op(request, board_id, each, names, with_data=with_data) for each in items],
            "next": _position(request, board_id, items[-1]) if more else None,
        }
    )


async def _page(request: web.Request, board_id: str, wanted: Wanted) -> tuple[Sequence[ArchivedOp], bool]:
    """A page, and whether there is a next one: ops that weigh much are fewer than asked for."""
    pasts, after, until, newest = request.app[PASTS], wanted.after, wanted.until, wanted.newest
    if after >= until:
        return [], False
    if wanted.actor is not None:
        seqs = await pasts.numbers_by(board_id, wanted.actor, after, until, wanted.limit + 1, newest=newest)
        found = await pasts.some_ops(board_id, seqs[: wanted.limit]) if seqs else []
        more = len(found) < len(seqs)
    elif newest:
        found = await pasts.ops(board_id, max(after, until - wanted.limit), until, newest=True)
        more = found[0].seq > after + 1
    else:
        found = await pasts.ops(board_id, after, min(until, after + wanted.limit), newest=False)
        more = found[-1].seq < until
    return found[::-1] if newest else found, more


async def _seq(request: web.Request, board_id: str, name: str) -> int:
    found = moment(request, name, board_id)
    if found is None:
        return 0
    try:
        return await request.app[PASTS].seq_at(board_id, found)
    except CursorInvalid:
        raise foreign(name) from None


async def _cursor(request: web.Request, board_id: str, text: str) -> int:
    try:
        return await request.app[PASTS].seq_at(board_id, request.app[CURSORS].decode_position(board_id, text))
    except CursorInvalid:
        raise at("schema_invalid", "/cursor", "This is not a cursor of this list.") from None


def _shown(request: web.Request, board_id: str, bucket: Bucket, names: GuestNames) -> Json:
    end = EPOCH + bucket.end * MICROSECOND
    known = {actor: names.at(actor, end) for actor in bucket.actors}
    last = None if bucket.last is None else Position(*bucket.last)
    return {
        "from": told(EPOCH + bucket.start * MICROSECOND),
        "to": told(end),
        "count": bucket.count,
        "actors": bucket.actors,
        "guests": {actor: name for actor, name in known.items() if name is not None},
        "position": None if last is None else request.app[CURSORS].encode_position(board_id, last),
    }


def _op(request: web.Request, board_id: str, op: ArchivedOp, names: GuestNames, *, with_data: bool) -> Json:
    shown: Json = {
        "position": _position(request, board_id, op),
        "id": op.id,
        "time": op.time,
        "actor": op.actor,
        "type": op.type,
    }
    name = names.at(op.actor, datetime.fromisoformat(op.time))
    if name is not None:
        shown["guest_name"] = name
    return {**shown, "data": op.data} if with_data else shown


def _position(request: web.Request, board_id: str, op: ArchivedOp) -> str:
    return request.app[CURSORS].encode_position(board_id, Position(op.generation, op.partition, op.offset, op.index))


def _buckets(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_BUCKETS):
        raise ValueError(f"must be a whole number from 1 to {MOST_BUCKETS}")
    return int(text)


def _order(text: str) -> str:
    if text not in ("oldest", "newest"):
        raise ValueError("must be oldest or newest")
    return text


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/history",
        history,
        "How much was done in a board when, and by whom: from its creation until now in 50 parts unless asked otherwise.",
        "boards",
        "caller",
        {
            200: Answer(
                "The buckets.",
                {
                    "type": "object",
                    "required": ["buckets"],
                    "properties": {"buckets": {"type": "array", "items": BUCKET}},
                },
            )
        },
        query=(
            Parameter("from", "Not before this time.", {"type": "string", "format": "date-time"}),
            Parameter("to", "Before this time.", {"type": "string", "format": "date-time"}),
            Parameter(
                "buckets",
                "How many parts of equal length.",
                {"type": "integer", "minimum": 1, "maximum": MOST_BUCKETS, "default": DEFAULT_BUCKETS},
            ),
        ),
        codes=("not_found", "conflict", "rate_limited", "unavailable"),
    ),
    Route(
        "GET",
        "/api/boards/{board_id}/ops",
        ops,
        "The ops of a board one by one, in the order of the log.",
        "boards",
        "caller",
        {200: Answer("A page of ops.", listed(OP))},
        query=(
            Parameter("from", "A position or a time: only what came after it."),
            Parameter("to", "A position or a time: only what came until then, included."),
            Parameter("actor", "Only what this user did.", {"type": "string", "format": "uuid"}),
            Parameter(
                "order", "Which come first.", {"type": "string", "enum": ["oldest", "newest"], "default": "oldest"}
            ),
            Parameter("data", "Whether ops come with what they drew.", {"type": "boolean", "default": True}),
            *LIST_QUERY,
        ),
        codes=("not_found", "conflict", "gone", "rate_limited", "unavailable"),
    ),
)
