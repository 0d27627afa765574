"""Facts for the tests of the audit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from consumers.audit_log.handler import Entry, entry_of
from schemas.envelope import Envelope
from schemas.ids import new_id

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def envelope(kind: str, subject: str, seconds: float = 0, **fields: Any) -> Envelope:
    id_ = new_id()
    base = {
        "id": id_,
        "type": kind,
        "source": "test",
        "time": (NOON + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subject": subject,
        "dataschema": f"{kind}/1",
        "correlationid": id_,
    }
    return Envelope(**base | fields)


def joined(workspace_id: str, seconds: float = 0, **fields: Any) -> Entry:
    data = {"workspace_id": workspace_id, "user_id": new_id(), "role": "user", "revision": 1}
    return entry_of(envelope("workspaces.member_joined", workspace_id, seconds, **fields), data)


def board_created(workspace_id: str, board_id: str) -> Entry:
    data = {
        "board_id": board_id,
        "workspace_id": workspace_id,
        "title": "Ретро",
        "created_by": new_id(),
        "hidden": False,
        "revision": 1,
    }
    return entry_of(envelope("boards.board_created", board_id), data)


def board_renamed(board_id: str, seconds: float = 0) -> Entry:
    data = {"board_id": board_id, "title": "Plan", "revision": 2}
    return entry_of(envelope("boards.board_renamed", board_id, seconds), data)


def logged_in(user_id: str) -> Entry:
    data = {"user_id": user_id, "session_id": new_id(), "generation": 1, "revision": 1}
    return entry_of(envelope("identity.session_opened", user_id), data)
