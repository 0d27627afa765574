"""Who has which role on a board."""

from collections.abc import Iterable, Mapping

from consumers.board_decider.access import allowed, no_board, open_for, seen
from consumers.board_decider.facts import told
from consumers.board_decider.state import State
from schemas.envelope import Envelope
from schemas.models.boards import AbandonBoard, ForgetPerson, GrantRole, RevokeRole
from schemas.permissions import BoardRole
from topics.decisions import Decision, Fact, sent_at
from topics.errors import Reject


def grant_role(data: GrantRole, envelope: Envelope, state: State) -> Decision:
    """Give a person a role, or another one."""
    allowed(state.board, state.standing, "board.grant", sent_at(envelope))
    if not state.known:
        raise Reject("not_found", "There is nobody with this id.")
    return give(state, data["user_id"], data["role"])


def give(state: State, user_id: str, role: BoardRole) -> Decision:
    """A role for an account. Raises Reject `conflict` when the last owner would be lost."""
    if state.board is None:
        raise no_board()
    if state.grants.get(user_id) == role:
        return Decision()
    board_id, given = state.board.board_id, {"board_id": state.board.board_id, "user_id": user_id, "role": role}
    if role == "owner":
        return told(state, Fact("boards.role_granted", given))
    keep_an_owner(state.grants, user_id)
    return told(state, Fact("boards.role_granted", given), *withdrawn(board_id, state.invited_by))


def revoke_role(data: RevokeRole, envelope: Envelope, state: State) -> Decision:
    """Take a person's role away; anybody may leave. Also forgets the links that the person came through.

    An invitation that waits is listed among the grants and taken back like one, by its own id.
    """
    time = sent_at(envelope)
    user_id = data["user_id"]
    leaving = user_id == envelope.actor
    if leaving:
        board, _ = seen(state.board, state.standing, time)
        open_for(board, "board.grant")
    else:
        board = allowed(state.board, state.standing, "board.grant", time)
    if state.invitation is not None and not leaving:
        ended = state.invitation.ended
        return Decision() if ended else told(state, *withdrawn(board.board_id, (state.invitation.invite_id,)))
    if user_id not in state.grants and not (leaving and state.visited):
        raise Reject("not_found", "This person has no role on the board that could be taken away.")
    keep_an_owner(state.grants, user_id)
    gone = Fact("boards.role_revoked", {"board_id": board.board_id, "user_id": user_id})
    return told(state, gone, *withdrawn(board.board_id, state.invited_by))


def forget_person(data: ForgetPerson, _envelope: Envelope, state: State) -> Decision:
    """An erased person leaves every board. The account was refused its end while a shared board hung on it."""
    user_id = data["user_id"]
    if state.known:
        raise Reject("forbidden", "This person is not erased.")
    if state.board is None or (user_id not in state.grants and not state.visited):
        return Decision()
    gone = Fact("boards.role_revoked", {"board_id": state.board.board_id, "user_id": user_id})
    return told(state, gone, *withdrawn(state.board.board_id, state.invited_by))


def abandon_board(data: AbandonBoard, _envelope: Envelope, state: State) -> Decision:
    """The workspace is gone: a board that nobody living has a role on goes to the trash, another one stays with them."""
    if state.workspace_lives or (state.board is not None and state.board.workspace_id != data["workspace_id"]):
        raise Reject("forbidden", "The board's workspace is there.")
    if state.board is None or state.board.trashed or state.grants:
        return Decision()
    return told(state, Fact("boards.board_trashed", {"board_id": state.board.board_id}))


def withdrawn(board_id: str, invite_ids: Iterable[str]) -> list[Fact]:
    """The end of invitations: also of those whose maker could not make them any more."""
    return [Fact("boards.invitation_revoked", {"board_id": board_id, "invite_id": each}) for each in invite_ids]


def keep_an_owner(grants: Mapping[str, BoardRole], leaving: str) -> None:
    """Raises Reject `conflict` when other people would stay on the board without an owner."""
    others = [role for user_id, role in grants.items() if user_id != leaving]
    if grants.get(leaving) == "owner" and others and "owner" not in others:
        raise Reject(
            "conflict", "The last owner of a board with other people on it stays: make somebody else an owner first."
        )
