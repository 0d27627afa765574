"""What one person may do on one board, as values and one pure judgement."""

from dataclasses import dataclass
from typing import Final

from edge.auth.callers import Caller
from edge.errors import ApiError, not_found
from schemas.permissions import Role, allows, highest

# What an archived board refuses to everybody; the rest goes on working.
CLOSED_BY_ARCHIVE: Final = frozenset({"board.draw", "board.rename", "board.version", "board.upload", "board.comment"})
# What the owner of a trashed board may still do.
OPEN_IN_TRASH: Final = frozenset({"board.view", "board.restore", "board.explain"})


@dataclass(frozen=True, slots=True)
class BoardState:
    """A board's row, as far as rights depend on it; also of a room that is no board, which has no such conditions."""

    board_id: str
    workspace_id: str
    archived: bool
    trashed: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Right:
    """One reason to have a role: a grant, the workspace, a link. `expires_at` in seconds since the epoch."""

    role: Role
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that gives one subject a role on one board; `read_at` is the loop's time of the read."""

    board: BoardState
    rights: tuple[Right, ...]
    read_at: float

    def role(self, now: float) -> Role | None:
        """The highest role that is valid at `now`; in a workspace there is but one."""
        valid = [right.role for right in self.rights if right.expires_at is None or now < right.expires_at]
        return (highest(valid) or valid[0]) if valid else None

    def next_end(self, now: float) -> float | None:
        """When the next right of those valid at `now` ends."""
        ends = [right.expires_at for right in self.rights if right.expires_at is not None and now < right.expires_at]
        return min(ends, default=None)


@dataclass(frozen=True, slots=True)
class BoardAccess:
    """A caller's role on a board, and the board's state."""

    role: Role
    archived: bool
    trashed: bool
    workspace_id: str

    @property
    def live_role(self) -> Role:
        """The role as a room tells it: nobody draws on an archived board."""
        return "viewer" if self.archived else self.role


def subject_of(caller: Caller) -> str:
    """Under what a caller's rights are kept: a guest has those of his link."""
    return f"link:{caller.link_id}" if caller.guest else f"user:{caller.user_id}"


def access(standing: Standing | None, now: float) -> BoardAccess | None:
    """What the standing gives at `now`; None when there is no role, or nothing to be seen yet."""
    if standing is None or standing.board.hidden:
        return None
    role = standing.role(now)
    if role is None:
        return None
    board = standing.board
    return BoardAccess(role, board.archived, board.trashed, board.workspace_id)


def judge(given: BoardAccess | None, permission: str) -> BoardAccess:
    """The access when it covers `permission`.

    Raises `ApiError`: `not_found` without a role, `forbidden` with too low a one, and only then `conflict` for what
    the board's state forbids (the order of the public contract).
    """
    if given is None:
        raise not_found()
    if given.trashed and (given.role != "owner" or permission == "board.join"):
        raise not_found()
    if not allows(permission, given.role):
        raise ApiError("forbidden", f"This needs a higher role on the board than {given.role}.")
    if given.trashed and permission not in OPEN_IN_TRASH:
        raise ApiError("conflict", "The board is in the trash: restore it first.")
    if given.archived and permission in CLOSED_BY_ARCHIVE:
        raise ApiError("conflict", "The board is archived: restore it first.")
    return given
