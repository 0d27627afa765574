"""Roles given by e-mail address: at once to the account that has it, else by an invitation that waits for one."""

from datetime import UTC, timedelta
from typing import Final

from consumers.board_decider import people
from consumers.board_decider.access import allowed
from consumers.board_decider.facts import told
from consumers.board_decider.state import State
from schemas.envelope import Envelope
from schemas.models.boards import AcceptInvitation, InvitePerson
from schemas.permissions import RANK
from topics.decisions import Decision, Fact, sent_at
from topics.errors import Reject

GOOD_FOR: Final = timedelta(days=7)


def invite_person(data: InvitePerson, envelope: Envelope, state: State) -> Decision:
    """A grant for the account of the address, or an invitation; a new one for the same address ends the one before."""
    board = allowed(state.board, state.standing, "board.grant", sent_at(envelope))
    if state.addressee is not None:
        return people.give(state, state.addressee, data["role"])
    end = (sent_at(envelope) + GOOD_FOR).astimezone(UTC).isoformat(timespec="milliseconds")
    invited = {
        "board_id": board.board_id,
        "invite_id": data["invite_id"],
        "role": data["role"],
        "expires_at": end.replace("+00:00", "Z"),
    }
    return told(
        state, *people.withdrawn(board.board_id, state.open_for_address), Fact("boards.person_invited", invited)
    )


def accept_invitation(data: AcceptInvitation, envelope: Envelope, state: State) -> Decision:
    """Somebody comes by an invitation, whose token the edge has checked; a higher role that he has stays."""
    user_id, board, invitation = data["user_id"], state.board, state.invitation
    if board is None or board.hidden or invitation is None:
        raise Reject("not_found", "There is no such invite.")
    if envelope.via is not None or envelope.actor != user_id or not state.known:
        raise Reject("forbidden", "An invite is accepted with one's own account.")
    if board.trashed or not invitation.open(sent_at(envelope)):
        raise Reject("gone", "This invite was used, revoked or is expired.")
    if invitation.email is None or invitation.email.lower() != state.email:
        raise Reject("forbidden", "This invite is for the account of another address.")
    which = {"board_id": board.board_id, "user_id": user_id}
    facts = [Fact("boards.invitation_accepted", {**which, "invite_id": invitation.invite_id})]
    before = state.grants.get(user_id)
    if before is None or RANK[before] < RANK[invitation.role]:
        facts.append(Fact("boards.role_granted", {**which, "role": invitation.role}))
    return told(state, *facts)
