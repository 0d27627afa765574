"""Whether a caller may send an action at all, by what its schema says under `x-allow`."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.errors import ApiError, not_found
from edge.queries import workspaces
from schemas.permissions import allows
from schemas.registry import MessageType

# One may always leave: who takes one's own role away needs only to have it.
LEAVING: Final = "boards.revoke_role"
LEAVING_WORKSPACE: Final = "workspaces.remove_member"
# Guests see the board of their link and may leave nothing behind elsewhere.
NOT_FOR_GUESTS: Final = frozenset({"board.duplicate"})


async def authorise(
    rights: Rights, pool: asyncpg.Pool, caller: Caller, mt: MessageType, data: Mapping[str, Any]
) -> None:
    """Return when the caller may. Raises `ApiError`: `not_found`, `forbidden`, `conflict` or `unavailable`."""
    if mt.allow is None:
        # The action is about the caller's own account.
        if caller.guest:
            raise guests_may_not()
        return
    kind, _, template = mt.allow.resource.partition(":")
    identifier = data.get(template.strip("{}"))
    if kind == "board":
        await _board(rights, caller, mt, str(identifier), data)
    elif kind == "workspace":
        leaving = mt.name == LEAVING_WORKSPACE and data.get("user_id") == caller.user_id
        permission = "workspace.see_members" if leaving else mt.allow.permission
        await authorise_workspace(pool, caller, permission, identifier)
    else:
        raise LookupError(f"{mt.name}: nobody knows who may touch {mt.allow.resource}")


def guests_may_not() -> ApiError:
    """The answer to a guest who asks for what takes an account."""
    return ApiError("forbidden", "This takes an account: a guest's link is for one board alone.")


async def _board(rights: Rights, caller: Caller, mt: MessageType, board_id: str, data: Mapping[str, Any]) -> None:
    permission = mt.allow.permission if mt.allow else ""
    if mt.name == LEAVING and data.get("user_id") == caller.user_id and not caller.guest:
        await rights.board_access(caller, board_id, "board.view")
        return
    await rights.board_access(caller, board_id, permission)
    if caller.guest and permission in NOT_FOR_GUESTS:
        raise guests_may_not()


async def authorise_workspace(pool: asyncpg.Pool, caller: Caller, permission: str, workspace_id: str | None) -> None:
    """Return when the caller may do this in the workspace, None for his personal one. Raises `ApiError`."""
    if caller.guest:
        raise guests_may_not()
    if workspace_id is None:
        return
    role = await workspaces.role(pool, caller.user_id, workspace_id)
    if role is None:
        raise not_found()
    if not allows(permission, role):
        raise ApiError("forbidden", f"This needs a higher role in the workspace than {role}.")
