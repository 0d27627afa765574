"""How active a workspace or one of its boards was, for those who may see reports."""

from datetime import UTC, datetime, timedelta
from typing import Final, cast

from aiohttp import web

from edge.actions.authority import authorise_workspace
from edge.actions.outcome import Json
from edge.errors import at, not_found
from edge.http.answers import json_answer
from edge.http.requests import CALLER, one, read
from edge.http.route import Answer, Parameter, Route
from edge.http.times import rfc3339
from edge.keys import POOL, RIGHTS
from edge.queries import activity as stored
from edge.queries.activity import By, Wanted
from schemas.ids import is_id

OF_A_WORKSPACE: Final = "workspace.view_reports"
OF_A_BOARD: Final = "board.view_reports"
HOUR: Final[By] = "hour"
LENGTHS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
# What is shown when nothing else is asked for, and the most that one answer holds.
USUAL: Final = {"minute": timedelta(hours=3), "hour": timedelta(days=7), "day": timedelta(days=30)}
MOST: Final = {"minute": timedelta(days=1), "hour": timedelta(days=92), "day": timedelta(days=732)}
NUMBERS: Final[Json] = {
    "people": {"type": "integer", "description": "Different people who were active."},
    "ops": {"type": "integer"},
    "sessions": {"type": "integer", "description": "Sessions that began: somebody came after a quiet half hour."},
    "peak": {"type": "integer", "description": "The most people active in the same ten seconds."},
}
REPORT: Final[Json] = {
    "type": "object",
    "required": ["by", "from", "to", "items", "total", "people"],
    "properties": {
        "by": {"enum": list(LENGTHS)},
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": "string", "format": "date-time"},
        "items": {
            "type": "array",
            "description": "The windows in which somebody was active, in order; days are those of UTC.",
            "items": {
                "type": "object",
                "properties": {"start": {"type": "string", "format": "date-time"}, **NUMBERS},
            },
        },
        "total": {"type": "object", "properties": NUMBERS},
        "people": {
            "type": "array",
            "description": "Who was active most, at most 20; by whole hours where minutes are asked for.",
            "items": {
                "type": "object",
                "properties": {
                    "user_id": {"type": "string", "format": "uuid"},
                    "name": {"type": ["string", "null"], "description": "Null for guests and accounts that are gone."},
                    "ops": {"type": "integer"},
                    "sessions": {"type": "integer"},
                    "minutes": {"type": "integer", "description": "Minutes in which they were active."},
                },
            },
        },
    },
}


async def activity(request: web.Request) -> web.Response:
    """The activity of a workspace, or of one board in it."""
    scope = await _scope(request)
    return json_answer(await stored.activity(request.app[POOL], wanted(request, scope, datetime.now(UTC))))


async def _scope(request: web.Request) -> str:
    """The board or workspace, where the caller may see its reports. Raises `ApiError`."""
    workspace_id, board_id = request.match_info["workspace_id"], one(request, "board_id")
    if not is_id(workspace_id):
        raise not_found()
    pool, caller = request.app[POOL], request[CALLER]
    if board_id is not None:
        if not is_id(board_id):
            raise at("schema_invalid", "/board_id", "This is not an id of ours.")
        await request.app[RIGHTS].board_access(caller, board_id, OF_A_BOARD)
        if await stored.home(pool, board_id) != workspace_id:
            raise not_found()
        return board_id
    await authorise_workspace(pool, caller, OF_A_WORKSPACE, workspace_id)
    return workspace_id


def wanted(request: web.Request, scope: str, now: datetime) -> Wanted:
    """The windows that a request means. Raises `ApiError` `schema_invalid`."""
    by = read(request, "by", _by, HOUR)
    try:
        until = _begun(read(request, "to", rfc3339, now) + LENGTHS[by] - timedelta(microseconds=1), by)
        since = _begun(read(request, "from", rfc3339, None) or until - USUAL[by], by)
    except OverflowError:
        raise at("schema_invalid", "/to", "This is beyond the times that we count in.") from None
    if since >= until:
        raise at("schema_invalid", "/from", "This must be before `to`.")
    if until - since > MOST[by]:
        raise at(
            "schema_invalid", "/from", f"At most {MOST[by].days} days by {by}: ask for less, or by longer windows."
        )
    return Wanted(scope, by, since, until)


def _begun(time: datetime, by: By) -> datetime:
    """The beginning of the window that a time is in."""
    whole = time.astimezone(UTC).replace(second=0, microsecond=0)
    if by != "minute":
        whole = whole.replace(minute=0)
    return whole.replace(hour=0) if by == "day" else whole


def _by(text: str) -> By:
    if text not in LENGTHS:
        raise ValueError("must be minute, hour or day")
    return cast("By", text)


ROUTES: Final = (
    Route(
        "GET",
        "/api/workspaces/{workspace_id}/activity",
        activity,
        "How active a workspace was, for its managers and admins; with `board_id` one of its boards, for its owners.",
        "workspaces",
        "account",
        {200: Answer("Numbers by window, and who was active most.", REPORT)},
        query=(
            Parameter("from", "Not before this time.", {"type": "string", "format": "date-time"}),
            Parameter("to", "Before this time; now.", {"type": "string", "format": "date-time"}),
            Parameter("by", "How long a window is.", {"enum": list(LENGTHS), "default": "hour"}),
            Parameter("board_id", "Only this board.", {"type": "string", "format": "uuid"}),
        ),
        codes=("forbidden", "not_found", "conflict", "unavailable"),
    ),
)
