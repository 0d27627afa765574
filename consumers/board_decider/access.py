"""Whether an actor may do something to a board, in the order in which the public contract refuses."""

from datetime import datetime
from typing import Final

from consumers.board_decider.state import Board, Standing
from schemas.permissions import BoardRole, allows
from topics.errors import Reject

CLOSED_BY_ARCHIVE: Final = frozenset({"board.rename", "board.version"})
OPEN_IN_TRASH: Final = frozenset({"board.restore"})
# The same words for a board that is not there and for one that is not shown: nobody learns which.
NO_BOARD: Final = "There is no such board."


def no_board() -> Reject:
    """The answer for every board that the actor may not know of."""
    return Reject("not_found", NO_BOARD)


def seen(board: Board | None, standing: Standing, time: datetime) -> tuple[Board, BoardRole]:
    """The board and the actor's role on it. Raises Reject `not_found` when it does not exist for the actor."""
    if board is None or board.hidden:
        raise no_board()
    role = standing.role(time)
    if role is None or (board.trashed and role != "owner"):
        raise no_board()
    return board, role


def allowed(board: Board | None, standing: Standing, permission: str, time: datetime) -> Board:
    """The board, when the actor has the permission on it and its condition admits the act.

    Raises Reject: `not_found` without a role, `forbidden` with too low a one, then `conflict` for archive and trash.
    """
    found, role = seen(board, standing, time)
    if not allows(permission, role):
        raise Reject("forbidden", f"This needs a higher role on the board than {role}.")
    open_for(found, permission)
    return found


def open_for(board: Board, permission: str) -> None:
    """Raises Reject `conflict` when the trash or the archive forbids the act."""
    if board.trashed and permission not in OPEN_IN_TRASH:
        raise Reject("conflict", "The board is in the trash: restore it first.")
    if board.archived and permission in CLOSED_BY_ARCHIVE:
        raise Reject("conflict", "The board is archived: restore it first.")
