"""Files of boards: an upload is completed, a file is read. Where to upload it is an action's answer."""

from typing import Any, Final

from aiohttp import web

from edge.actions.asking import Asker
from edge.actions.outcome import Made
from edge.errors import at
from edge.http.answers import made_answer
from edge.http.bodies import read_json
from edge.http.requests import CALLER, read, scope, traceparent, truth
from edge.http.route import Answer, Parameter, Route
from edge.keys import ACTIONS, UPLOADS

TEXT: Final = {"type": "string"}
PIXELS: Final = {"type": ["integer", "null"], "description": "Null for what is no picture, or says no size."}
FILE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["file_id", "board_id", "name", "mime", "size", "sha256", "status", "width", "height"],
    "properties": {
        "file_id": {"type": "string", "format": "uuid"},
        "board_id": {"type": "string", "format": "uuid"},
        "name": TEXT,
        "mime": TEXT,
        "size": {"type": "integer"},
        "sha256": TEXT,
        "status": {"enum": ["ready"]},
        "width": PIXELS,
        "height": PIXELS,
    },
}


async def complete(request: web.Request) -> web.Response:
    """Have an upload checked, and wait for what was found."""
    if await read_json(request) != {}:
        raise at("schema_invalid", "", "must be empty")
    caller, uploads, file_id = request[CALLER], request.app[UPLOADS], request.match_info["file_id"]
    guard = scope(request, {})
    asker = Asker(caller.user_id, caller.link_id, guard.key, guard.fingerprint, traceparent(request), caller.session_id)
    outcome = await request.app[ACTIONS].once(guard, lambda: uploads.completed(caller, file_id, asker))
    made = outcome.made or await uploads.verdict(file_id)
    return made_answer(Made(made.status, made.body))


async def content(request: web.Request) -> web.Response:
    """Where the file is read."""
    small = read(request, "thumbnail", truth, default=False)
    url, caching = await request.app[UPLOADS].location(request[CALLER], request.match_info["file_id"], thumbnail=small)
    # Not HTTPFound: an error's way would make it a problem, and the policy of pages is not for it.
    headers = {"Location": url, "Cache-Control": caching, "Content-Security-Policy": "sandbox; default-src 'none'"}
    return web.Response(status=302, headers=headers)


ROUTES: Final = (
    Route(
        "POST",
        "/api/files/{file_id}/complete",
        complete,
        "Say that a file is uploaded: it is checked, and the answer is what was found.",
        "files",
        "caller",
        {200: Answer("The file is as it was said to be.", FILE)},
        body={"type": "object", "additionalProperties": False},
        codes=("forbidden", "not_found", "conflict", "unavailable", "outcome_unknown"),
    ),
    Route(
        "GET",
        "/api/files/{file_id}",
        content,
        "The address that the file is read at, for five minutes.",
        "files",
        "caller",
        {302: Answer("Where it is.")},
        query=(
            Parameter(
                "thumbnail",
                "A small picture of it (WebP, at most 512 pixels a side) where there is one, else the file.",
                {"type": "boolean", "default": False},
            ),
        ),
        codes=("not_found", "unavailable"),
    ),
)
