"""Whether an actor may do something with files of a board, in the order in which the public contract refuses."""

from typing import Final

from consumers.file_decider.state import Board
from schemas.permissions import BoardRole, allows
from topics.errors import Reject

CLOSED_BY_ARCHIVE: Final = frozenset({"board.upload"})
# Who fills a board that nobody sees yet: an import or a copy, made by nobody else.
MAKER: Final[BoardRole] = "owner"


def allowed(board: Board | None, actor: str, permission: str) -> Board:
    """The board, when the actor has the permission on it.

    Raises Reject: `not_found` without a role, `forbidden` with too low a one, then `conflict` for archive and trash.
    """
    role = None if board is None else role_on(board, actor)
    if board is None or role is None or (board.trashed and role != "owner"):
        raise Reject("not_found", "There is no such board.")
    if not allows(permission, role):
        raise Reject("forbidden", f"This needs a higher role on the board than {role}.")
    if board.trashed:
        raise Reject("conflict", "The board is in the trash: restore it first.")
    if board.archived and permission in CLOSED_BY_ARCHIVE:
        raise Reject("conflict", "The board is archived: restore it first.")
    return board


def role_on(board: Board, actor: str) -> BoardRole | None:
    """The actor's role; on a hidden board only its maker has one."""
    if board.hidden:
        return MAKER if board.created_by == actor else None
    return board.role
