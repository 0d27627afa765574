"""What was said on a board that left, as it stands in its file: all of it is checked before anything is made of it."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from edge.actions.exporting import OURS
from edge.errors import ApiError
from schemas import explain
from schemas.codec import compiled
from schemas.registry import registry

Json = dict[str, Any]
RESTORE: Final = "comments.restore_thread"
NOBODY: Final = {"type": "null"}
# As `said` of `edge.actions.exporting` gives it; what else stands there is left alone.
COMMENT: Final[Json] = {
    "type": "object",
    "required": ["comment_id", "author_id", "author_name", "text", "mention", "written_at", "edited_at"],
    "properties": {
        "comment_id": {"$ref": "#/$defs/id"},
        "author_id": {"anyOf": [NOBODY, {"$ref": "#/$defs/id"}]},
        "author_name": {"type": ["string", "null"], "maxLength": 100},
        "text": {"$ref": "#/$defs/anchor.text"},
        "mention": {"$ref": "#/$defs/anchor.mention"},
        "written_at": {"$ref": "#/$defs/time"},
        "edited_at": {"anyOf": [NOBODY, {"$ref": "#/$defs/time"}]},
    },
}
THREAD: Final[Json] = {
    "type": "object",
    "required": ["thread_id", "anchor", "resolved", "comments"],
    "properties": {
        "thread_id": {"$ref": "#/$defs/id"},
        "anchor": {"$ref": "#/$defs/anchor"},
        "resolved": {"type": "boolean"},
        "comments": {"type": "array", "minItems": 1, "items": COMMENT},
    },
}
OF_OURS: Final[Json] = {"type": "object", "properties": {"comments": {"type": "array", "items": THREAD}}}


def threads(file: Mapping[str, Any]) -> Sequence[Json]:
    """The threads in a board's file. Raises `ApiError` `schema_invalid` with their places in it."""
    if OURS not in file:
        return ()
    validator, schema = _schema()
    ours = {OURS: file[OURS]}
    if not validator.is_valid(ours):
        found = explain.problems(validator, schema, ours)
        raise ApiError("schema_invalid", "The comments in the file are not as they were written.", found)
    return tuple(file[OURS].get("comments", ()))


@cache
def _schema() -> Any:
    definitions = registry().get(RESTORE).schema["$defs"]
    return compiled({"type": "object", "properties": {OURS: OF_OURS}, "$defs": definitions})
