"""Invites to a workspace: made, taken back, accepted."""

from datetime import UTC, timedelta
from typing import Final

from consumers.workspace_decider.access import allowed, told
from consumers.workspace_decider.state import Invite, State
from schemas.envelope import Envelope
from schemas.models.workspaces import AcceptInvite, CreateInvite, RevokeInvite
from schemas.permissions import WorkspaceRole
from topics.decisions import Decision, Fact, sent_at
from topics.errors import Reject

GOOD_FOR: Final = timedelta(days=7)


def create_invite(data: CreateInvite, envelope: Envelope, state: State) -> Decision:
    """An invite, good once. Who has its token may come, with an address only the account of that address."""
    workspace = allowed(envelope, state, "workspace.invite")
    _may_deal_in(data["role"], state.role(envelope.actor))
    if state.addressee in state.members:
        raise Reject("conflict", "Whoever has this address is a member already.")
    end = (sent_at(envelope) + GOOD_FOR).astimezone(UTC).isoformat(timespec="milliseconds")
    created = {
        "workspace_id": workspace.workspace_id,
        "invite_id": data["invite_id"],
        "role": data["role"],
        "with_email": "email" in data,
        "expires_at": end.replace("+00:00", "Z"),
    }
    return told(workspace, Fact("workspaces.invite_created", created))


def revoke_invite(data: RevokeInvite, envelope: Envelope, state: State) -> Decision:
    """The invite is good for nothing any more."""
    workspace = allowed(envelope, state, "workspace.invite")
    if state.invite is None:
        raise Reject("not_found", "There is no such invite.")
    _may_deal_in(state.invite.role, state.role(envelope.actor))
    if state.invite.accepted:
        raise Reject("gone", "This invite was accepted: remove the member instead.")
    if state.invite.revoked:
        return Decision()
    return told(workspace, revoked(workspace.workspace_id, data["invite_id"]))


def accept_invite(data: AcceptInvite, envelope: Envelope, state: State) -> Decision:
    """Somebody comes by an invite, whose token the edge has checked."""
    user_id = data["user_id"]
    if state.workspace is None or state.invite is None:
        raise Reject("not_found", "There is no such invite.")
    if envelope.via is not None or envelope.actor != user_id or not state.known:
        raise Reject("forbidden", "An invite is accepted with one's own account.")
    if not state.invite.open(sent_at(envelope)):
        raise Reject("gone", "This invite was used, revoked or is expired.")
    if state.invite.email is not None and state.invite.email.lower() != state.email:
        raise Reject("forbidden", "This invite is for the account of another address.")
    if user_id in state.members:
        raise Reject("conflict", "You are a member of this workspace already.")
    which = {"workspace_id": state.workspace.workspace_id, "user_id": user_id}
    return told(
        state.workspace,
        Fact("workspaces.invite_accepted", {**which, "invite_id": data["invite_id"]}),
        Fact("workspaces.member_joined", {**which, "role": state.invite.role}),
    )


def revoked(workspace_id: str, invite_id: str) -> Fact:
    """The end of an invite."""
    return Fact("workspaces.invite_revoked", {"workspace_id": workspace_id, "invite_id": invite_id})


def may_deal_in(role: WorkspaceRole, own: WorkspaceRole | None) -> bool:
    """Whether somebody with `own` may give `role` by an invite: admins are made by admins alone."""
    return own == "admin" or role != "admin"


def left_behind(workspace_id: str, invites: tuple[Invite, ...], own: WorkspaceRole | None, *, may: bool) -> list[Fact]:
    """The open invites of somebody whose role sank, as far as he could not make them any more: he has their tokens."""
    return [revoked(workspace_id, each.invite_id) for each in invites if not (may and may_deal_in(each.role, own))]


def _may_deal_in(role: WorkspaceRole, own: WorkspaceRole | None) -> None:
    if not may_deal_in(role, own):
        raise Reject("forbidden", "The role admin is given and taken back only by an admin.")
