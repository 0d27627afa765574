"""The elements of a board as they are now, or what changed since a cursor."""

import hashlib
import time
from typing import Final

from aiohttp import ETag, web

from edge.actions.outcome import Json
from edge.archive.asked import moment
from edge.errors import at
from edge.http import past_elements
from edge.http.allowed import allowed_board_in_use
from edge.http.requests import one
from edge.http.route import Answer, Parameter, Route
from edge.keys import CURSORS, SNAPSHOTS
from edge.rooms.cursor import Cursor, CursorInvalid
from edge.rooms.snapshot import Snapshot, Snapshots
from topics.bus.message import Position

MIN_POSITION_SECONDS: Final = 5.0
# A cursor stays good for a minute at least: a client must not keep one for longer than this by answers of 304.
ETAG_SECONDS: Final = 20
TIME_DIGITS: Final = 12  # a client may write any number there, also one that Python refuses to read
COMPRESSED_FROM: Final = 1024
ELEMENTS: Final[Json] = {
    "type": "object",
    "required": ["board_id", "epoch", "cursor", "position", "contains", "complete", "elements"],
    "properties": {
        "board_id": {"type": "string", "format": "uuid"},
        "epoch": {"type": ["string", "null"]},
        "cursor": {"type": "string"},
        "position": {"type": ["string", "null"]},
        "contains": {
            "type": "object",
            "required": ["log", "next"],
            "properties": {"log": {"type": "string"}, "next": {"type": "integer"}},
        },
        "complete": {"type": "boolean"},
        "elements": {"type": "array", "items": {"type": "object"}},
    },
}


async def elements(request: web.Request) -> web.Response:
    """Live elements by order key, or with `since` all that changed after a cursor, tombstones too."""
    board_id = await allowed_board_in_use(request, "board.view")
    at_moment = moment(request, "at", board_id)
    since, minimum = _since(request, board_id), _min_position(request, board_id)
    snapshots = request.app[SNAPSHOTS]
    if minimum is not None:
        await _contain(snapshots, board_id, minimum)
    if at_moment is not None:
        gzipped = accepts_gzip(request.headers.get("Accept-Encoding", ""))
        return await past_elements.answer(request, board_id, at_moment, gzipped=gzipped)
    found = await (snapshots.read(board_id) if since is None else snapshots.delta(board_id, since))
    content = _content(one(request, "since"), found)
    known = next((tag for tag in request.if_none_match or () if _is_good(tag.value, content)), None)
    if known is not None:
        response = web.Response(status=304)
        response.etag = known
    else:
        packs = len(found.encoded.body) >= COMPRESSED_FROM and accepts_gzip(request.headers.get("Accept-Encoding", ""))
        body = await found.encoded.packed() if packs else found.encoded.body
        response = web.Response(body=body, content_type="application/json")
        if packs:
            response.headers["Content-Encoding"] = "gzip"
        # Weak: the body is compressed or not.
        response.etag = ETag(f"{content}-{int(found.given_at)}", is_weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Accept-Encoding"
    return response


def _since(request: web.Request, board_id: str) -> Cursor | None:
    text = one(request, "since")
    if text is None:
        return None
    if one(request, "at") is not None:
        raise at("schema_invalid", "/at", "Either what changed since, or the state at a moment: not both.")
    try:
        return request.app[CURSORS].decode(f"board:{board_id}", text)
    except CursorInvalid:
        raise at("schema_invalid", "/since", "This is not a cursor of this board.") from None


def _min_position(request: web.Request, board_id: str) -> Position | None:
    text = one(request, "min_position")
    if text is None:
        return None
    try:
        return request.app[CURSORS].decode_position(board_id, text)
    except CursorInvalid:
        raise at("schema_invalid", "/min_position", "This is not a position of this board.") from None


async def _contain(snapshots: Snapshots, board_id: str, minimum: Position) -> None:
    try:
        await snapshots.contains(board_id, minimum, MIN_POSITION_SECONDS)
    except CursorInvalid:
        raise at("schema_invalid", "/min_position", "This position is of another life of the log.") from None


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3)."""
    for coding in header.lower().split(","):
        name, _, quality = coding.partition(";")
        if name.strip() in ("gzip", "x-gzip", "*"):
            return quality.replace(" ", "").removeprefix("q=").strip("0.") != "" or not quality.strip()
    return False


def _content(since: str | None, found: Snapshot) -> str:
    """A name for what the answer holds beside its cursor."""
    named = hashlib.blake2b(found.encoded.digest.encode(), digest_size=16, key=(found.epoch or "").encode()[:64])
    named.update((since or "").encode())
    return named.hexdigest()


def _is_good(tag: str, content: str) -> bool:
    """Whether a client that has this may keep it: the same content, and a cursor that is not old yet."""
    known, _, given = tag.partition("-")
    is_time = given.isascii() and given.isdecimal() and len(given) <= TIME_DIGITS
    return known == content and is_time and time.time() - int(given) < ETAG_SECONDS


ROUTES: Final = (
    Route(
        "GET",
        "/api/boards/{board_id}/elements",
        elements,
        "The elements of a board: now, as they were, or what changed since a cursor.",
        "boards",
        "caller",
        {200: Answer("The elements.", ELEMENTS), 304: Answer("As the client has it.")},
        query=(
            Parameter("since", "A cursor: only what changed after it, tombstones too."),
            Parameter("at", "A position or a time: the state as it was with that op, or everything until then."),
            Parameter("min_position", "A position that must be contained; waits up to 5 s for it."),
        ),
        codes=("not_found", "conflict", "gone", "rate_limited", "unavailable"),
    ),
)
