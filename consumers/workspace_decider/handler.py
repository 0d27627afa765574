"""What happens to workspaces themselves: made, renamed, gone; and who decides about members and invites."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from consumers.workspace_decider import invites, members
from consumers.workspace_decider.access import allowed, told
from consumers.workspace_decider.state import State
from schemas.envelope import Envelope
from schemas.ids import personal_workspace_id
from schemas.models.workspaces import CreateWorkspace, OpenPersonal, RenameWorkspace
from topics.decisions import Ask, Decision, Fact, numbered, refuse
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, Envelope, State], Decision]


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `workspaces.actions`."""
    if envelope.actor is None and name not in ASKED_BY_OURSELVES:
        return refuse(Reject("unauthenticated", "A workspace action needs an actor."))
    if envelope.via is not None:
        return refuse(Reject("forbidden", "This takes an account: a guest's link is for one board alone."))
    try:
        return RULES[name](data, envelope, state)
    except Reject as refusal:
        return refuse(refusal)


def follow(name: str, data: Data, workspaces: tuple[str, ...]) -> Decision:
    """What a fact about a person means: each workspace concerned is asked, so that its facts stay in its own order.

    A new person's workspace is asked for by the edge too; should that edge have died in between, this is what opens it.
    """
    user_id = data["user_id"]
    if name == "identity.user_registered":
        asked = {"workspace_id": personal_workspace_id(user_id), "user_id": user_id}
        return Decision(asks=(Ask("workspaces.open_personal", asked),))
    return Decision(
        asks=tuple(
            Ask("workspaces.forget_person", {"workspace_id": workspace_id, "user_id": user_id})
            for workspace_id in workspaces
        )
    )


def create_workspace(data: CreateWorkspace, envelope: Envelope, state: State) -> Decision:
    """A new workspace; its maker is its first admin."""
    if envelope.via is not None or envelope.actor != data["created_by"] or not state.known:
        raise Reject("forbidden", "A workspace is made with one's own account.")
    if state.workspace is not None:
        raise Reject("conflict", "There is a workspace with this id already.")
    return _made(data["workspace_id"], data["name"], data["created_by"], personal=False)


def open_personal(data: OpenPersonal, _envelope: Envelope, state: State) -> Decision:
    """The workspace that a person has from the beginning. Asked twice, it is opened once."""
    if data["workspace_id"] != personal_workspace_id(data["user_id"]) or not state.known:
        raise Reject("not_found", "There is nobody whose personal workspace this could be.")
    if state.workspace is not None or state.has_personal:
        return Decision()
    return _made(data["workspace_id"], None, data["user_id"], personal=True)


def rename_workspace(data: RenameWorkspace, envelope: Envelope, state: State) -> Decision:
    """Another name."""
    workspace = allowed(envelope, state, "workspace.rename")
    if workspace.name == data["name"]:
        return Decision()
    renamed = {"workspace_id": workspace.workspace_id, "name": data["name"]}
    return told(workspace, Fact("workspaces.workspace_renamed", renamed))


def _made(workspace_id: str, name: str | None, user_id: str, *, personal: bool) -> Decision:
    created = {"workspace_id": workspace_id, "name": name, "personal": personal, "created_by": user_id}
    joined = {"workspace_id": workspace_id, "user_id": user_id, "role": "admin"}
    facts = [Fact("workspaces.workspace_created", created), Fact("workspaces.member_joined", joined)]
    return Decision(facts=numbered(0, facts), workspace=workspace_id)


RULES: Final[Mapping[str, Rule]] = {
    "workspaces.create_workspace": create_workspace,
    "workspaces.open_personal": open_personal,
    "workspaces.rename_workspace": rename_workspace,
    "workspaces.create_invite": invites.create_invite,
    "workspaces.revoke_invite": invites.revoke_invite,
    "workspaces.accept_invite": invites.accept_invite,
    "workspaces.change_role": members.change_role,
    "workspaces.remove_member": members.remove_member,
    "workspaces.forget_person": members.forget_person,
}
ASKED_BY_OURSELVES: Final = frozenset({"workspaces.open_personal", "workspaces.forget_person"})
FOLLOWED: Final = frozenset({"identity.user_registered", "identity.user_erased"})
