"""A file of the editor becomes a board, all or nothing."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from edge.actions import excalidraw_file, pictures
from edge.actions.outcome import Made, Outcome
from edge.errors import ApiError, at
from edge.http.answers import made_answer
from edge.http.boards import BOARD
from edge.http.bodies import JSON_TYPE, read_bytes, refuse_encoding, too_large
from edge.http.pace import paced
from edge.http.requests import CALLER, read, scope, traceparent
from edge.http.route import Answer, Parameter, Route
from edge.keys import ACTIONS, IMPORTING, LIMITS
from edge.strict_json import parse
from schemas.ids import is_id

FILLED: Final = {**BOARD, "properties": {**BOARD["properties"], "position": {"type": "string"}}}
MAX_BYTES: Final = 64 * 1024 * 1024
FORM: Final = "multipart/form-data"
SUFFIXES: Final = (".excalidraw", ".json")
DEFAULT_TITLE: Final = "Imported board"
MAX_TITLE: Final = 200
# An empty list is three bytes of a file and sixty in memory. A file of the largest size that holds nothing but points of
# strokes has some five million.
MOST_VALUES: Final = 10_000_000
Came = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a file and what they were called."""

    raw: bytes
    name: str = ""


async def import_board(request: web.Request) -> web.Response:
    """Make a board of the file in the body."""
    caller, importing = request[CALLER], request.app[IMPORTING]
    workspace_id = read(request, "workspace_id", _identifier, default=None)
    await importing.ensure_may(caller, workspace_id)
    # Whoever sends slowly takes a place in the line, and nobody's turn.
    async with request.app[LIMITS].imports.of(caller.user_id), importing.place():
        async with paced() as came:
            upload = await _upload(request, came)
        async with importing.turn():
            outcome = await _imported(request, upload, workspace_id)
    made = outcome.made or await importing.show(caller, outcome)
    return made_answer(Made(made.status, made.body))


async def _imported(request: web.Request, upload: Upload, workspace_id: str | None) -> Outcome:
    caller, importing = request[CALLER], request.app[IMPORTING]
    guard = scope(request, hashlib.sha256(upload.raw).digest())
    # Tens of megabytes are not parsed on the loop.
    file = await asyncio.to_thread(parsed, upload.raw) if upload.raw else {}
    elements = await asyncio.to_thread(excalidraw_file.read, file, now_ms=int(time.time() * 1000))
    shown = await asyncio.to_thread(pictures.found, file, elements)
    run = importing.prepared(
        caller,
        elements,
        shown,
        title=_title(file, upload),
        workspace_id=workspace_id,
        scope=guard,
        trace=traceparent(request),
    )
    return await request.app[ACTIONS].once(guard, run)


def parsed(raw: bytes, most: int = MOST_VALUES) -> Any:
    """The JSON value of a file. Raises `ApiError`, also for one that would unfold to more than there is room for."""
    if sum(map(raw.count, (b",", b"[", b"{"))) > most:
        raise at("too_large", "", f"A file has at most {most} values, however small they are.")
    return parse(raw)


async def _upload(request: web.Request, came: Came) -> Upload:
    refuse_encoding(request)
    if request.content_type == FORM:
        return await _of_form(request, came)
    raw = await read_bytes(request, MAX_BYTES, came)
    if raw and request.content_type not in (JSON_TYPE, excalidraw_file.MEDIA_TYPE):
        raise ApiError(
            "unsupported_media_type",
            f"A file comes as {FORM}, {JSON_TYPE} or {excalidraw_file.MEDIA_TYPE}.",
        )
    return Upload(raw)


async def _of_form(request: web.Request, came: Came) -> Upload:
    """The one part named `file`. Raises `ApiError`."""
    if request.content_length is not None and request.content_length > MAX_BYTES:
        raise too_large(MAX_BYTES)
    found: Upload | None = None
    try:
        form = await request.multipart()
        async for part in form:
            if not isinstance(part, BodyPartReader) or part.name != "file":
                raise at("schema_invalid", "/file", "A form has one part, named file.")
            if found is not None:
                raise at("schema_invalid", "/file", "There is more than one file.")
            found = Upload(await _part(part, came), part.filename or "")
    except (ValueError, AssertionError, HttpProcessingError) as error:
        # The last is what aiohttp raises for the headers of a part.
        raise ApiError("malformed", "The form cannot be read.") from error
    if found is None:
        raise at("schema_invalid", "/file", "is missing")
    return found


async def _part(part: BodyPartReader, came: Came) -> bytes:
    pieces, size = [], 0
    while piece := await part.read_chunk(64 * 1024):
        size += len(piece)
        if size > MAX_BYTES:
            raise too_large(MAX_BYTES)
        came(size)
        pieces.append(piece)
    return b"".join(pieces)


def _title(file: Any, upload: Upload) -> str:
    """The board's name in the file, else the file's own, else a name for all."""
    state = file.get("appState") if isinstance(file, dict) else None
    inside = state.get("name") if isinstance(state, dict) else None
    for name in (inside, upload.name.replace("\\", "/").rpartition("/")[2]):
        if not isinstance(name, str):
            continue
        title = name
        for suffix in SUFFIXES:
            title = title.removesuffix(suffix)
        title = "".join(character for character in title if character.isprintable()).strip()
        if title:
            return title[:MAX_TITLE]
    return DEFAULT_TITLE


def _identifier(text: str) -> str | None:
    if not is_id(text):
        raise ValueError("must be the id of a workspace")
    return text


ROUTES: Final = (
    Route(
        "POST",
        "/api/boards/import",
        import_board,
        "Make a board of an .excalidraw file: a form with the part `file`, or the file as the body.",
        "boards",
        "account",
        {201: Answer("The board, with the position at which all of it is there.", FILLED)},
        query=(Parameter("workspace_id", "Where the board is made; else in the personal workspace."),),
        body={"type": "object", "required": ["elements"], "properties": {"elements": {"type": "array"}}},
        codes=("forbidden", "not_found", "conflict", "unavailable", "outcome_unknown"),
    ),
)
