"""Says why somebody may do something or not: which role, from what, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from edge.auth.standing import BoardAccess, judge
from edge.errors import ApiError
from schemas.permissions import BOARD_ROLES, PERMISSIONS, WORKSPACE_ROLES, allows, highest

Json = dict[str, Any]
Via = Literal["grant", "workspace", "link", "template", "membership"]
WORDS: Final[dict[Via, str]] = {
    "grant": "a grant on the board",
    "workspace": "being an admin of the board's workspace",
    "link": "a link that was opened with the account",
    "template": "being a member of the workspace that the board is a template of",
    "membership": "a membership of the workspace",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One source of a role."""

    role: str
    via: Via
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """What a board's condition may forbid."""

    archived: bool
    trashed: bool
    workspace_id: str


def holders(permission: str) -> list[str]:
    """The roles that hold a permission, strongest first."""
    return [role for role in (*BOARD_ROLES, *WORKSPACE_ROLES) if allows(permission, role)]


def known(permission: str, kind: str) -> bool:
    """Whether the table has this permission for this kind of thing."""
    return permission in PERMISSIONS and permission.startswith(f"{kind}.")


def on_board(permission: str, reasons: Sequence[Reason], condition: Condition) -> Json:
    """The verdict on a board."""
    role = highest(reason.role for reason in reasons)
    access = None if role is None else BoardAccess(role, condition.archived, condition.trashed, condition.workspace_id)
    try:
        judge(access, permission)
    except ApiError as error:
        code, missing = error.code, error.detail
        if role is None:
            missing = "There is no role on the board: no grant, no valid link, and no admin of its workspace."
        return _verdict(permission, role, reasons, code, missing)
    return _verdict(permission, role, reasons, None, None)


def in_workspace(permission: str, role: str | None) -> Json:
    """The verdict in a workspace."""
    reasons = [] if role is None else [Reason(role, "membership")]
    if role is None:
        return _verdict(permission, None, reasons, "not_found", "There is no membership of the workspace.")
    if not allows(permission, role):
        missing = f"This needs a higher role in the workspace than {role}."
        return _verdict(permission, role, reasons, "forbidden", missing)
    return _verdict(permission, role, reasons, None, None)


def _verdict(
    permission: str, role: str | None, reasons: Sequence[Reason], code: str | None, missing: str | None
) -> Json:
    needed = holders(permission)
    if missing is None:
        best = next(reason for reason in reasons if reason.role == role)
        why = f"The role {role}, by {WORDS[best.via]}, holds {permission}."
    else:
        why = f"{missing} {permission} is held by: {', '.join(needed)}."
    return {
        "allowed": code is None,
        "code": code,
        "why": why,
        "role": role,
        "needed": needed,
        "reasons": [
            {
                "role": reason.role,
                "via": reason.via,
                "expires_at": None
                if reason.expires_at is None
                else reason.expires_at.isoformat().replace("+00:00", "Z"),
            }
            for reason in reasons
        ],
    }
