"""Whether an actor may comment on a board, in the order in which the public contract refuses."""

from datetime import datetime
from typing import Final

from consumers.comment_decider.state import Board, Comment, State, Thread
from schemas.permissions import BoardRole, allows
from topics.errors import Reject

PERMISSION: Final = "board.comment"
# The same words for what is not there and for what is not shown: nobody learns which.
NO_BOARD: Final = "There is no such board."


def commenting(state: State, time: datetime) -> tuple[Board, BoardRole]:
    """The board and the actor's role, when he may comment on it.

    Raises Reject: `not_found` without a role, `forbidden` with too low a one, then `conflict` for archive and trash.
    """
    board, role = state.board, state.role(time)
    if board is None or board.hidden or role is None or (board.trashed and role != "owner"):
        raise Reject("not_found", NO_BOARD)
    if not allows(PERMISSION, role):
        raise Reject("forbidden", f"This needs a higher role on the board than {role}.")
    if board.trashed:
        raise Reject("conflict", "The board is in the trash: restore it first.")
    if board.archived:
        raise Reject("conflict", "The board is archived: restore it first.")
    return board, role


def thread_of(state: State) -> Thread:
    """The thread that the action names. Raises Reject `not_found`."""
    if state.thread is None:
        raise Reject("not_found", "There is no such thread on this board.")
    return state.thread


def comment_of(state: State) -> Comment:
    """The comment that the action names. Raises Reject `not_found`."""
    thread_of(state)
    if state.comment is None:
        raise Reject("not_found", "There is no such comment in this thread.")
    return state.comment
