"""Who is in a workspace: other roles, removal, leaving, and what is left of an erased person."""

from consumers.workspace_decider.access import allowed, seen, told
from consumers.workspace_decider.invites import left_behind
from consumers.workspace_decider.state import State, Workspace
from schemas.envelope import Envelope
from schemas.models.workspaces import ChangeRole, ForgetPerson, RemoveMember
from schemas.permissions import allows
from topics.decisions import Decision, Fact
from topics.errors import Reject


def change_role(data: ChangeRole, envelope: Envelope, state: State) -> Decision:
    """Another role for a member; a workspace is handed over by making somebody else an admin."""
    workspace = allowed(envelope, state, "workspace.change_role")
    user_id, role = data["user_id"], data["role"]
    if user_id not in state.members:
        raise _no_member()
    if state.members[user_id] == role:
        return Decision()
    if role != "admin":
        _keep_the_person(workspace, user_id)
        # Also alone: a workspace without an admin could never be asked into again.
        if _is_last_admin(state, user_id):
            raise Reject("conflict", "The last admin stays one: make somebody else an admin first.")
    changed = {"workspace_id": workspace.workspace_id, "user_id": user_id, "role": role}
    invites = left_behind(workspace.workspace_id, state.invited_by, role, may=allows("workspace.invite", role))
    return told(workspace, Fact("workspaces.member_role_changed", changed), *invites)


def remove_member(data: RemoveMember, envelope: Envelope, state: State) -> Decision:
    """The end of a membership; anybody may leave. With the last member the workspace goes."""
    user_id = data["user_id"]
    if user_id == envelope.actor:
        workspace, _ = seen(envelope, state)
    else:
        workspace = allowed(envelope, state, "workspace.remove_member")
    if user_id not in state.members:
        raise _no_member()
    _keep_the_person(workspace, user_id)
    if _is_last_admin(state, user_id) and len(state.members) > 1:
        raise Reject("conflict", "The last admin of a workspace with other members stays: name another admin first.")
    return _gone(workspace, user_id, state)


def forget_person(data: ForgetPerson, _envelope: Envelope, state: State) -> Decision:
    """An erased person leaves. The account was refused its end while members hung on it as their last admin."""
    if state.known:
        raise Reject("forbidden", "This person is not erased.")
    if state.workspace is None or data["user_id"] not in state.erased_members:
        return Decision()
    return _gone(state.workspace, data["user_id"], state)


def _gone(workspace: Workspace, user_id: str, state: State) -> Decision:
    facts = [Fact("workspaces.member_removed", {"workspace_id": workspace.workspace_id, "user_id": user_id})]
    facts += left_behind(workspace.workspace_id, state.invited_by, None, may=False)
    if not (state.members.keys() | state.erased_members) - {user_id}:
        facts.append(Fact("workspaces.workspace_deleted", {"workspace_id": workspace.workspace_id}))
    return told(workspace, *facts)


def _is_last_admin(state: State, user_id: str) -> bool:
    admins = {each for each, role in state.members.items() if role == "admin"}
    return admins == {user_id}


def _keep_the_person(workspace: Workspace, user_id: str) -> None:
    if workspace.personal and workspace.created_by == user_id:
        raise Reject("conflict", "A personal workspace keeps its person as an admin; it goes with the account.")


def _no_member() -> Reject:
    return Reject("not_found", "This person is no member of the workspace.")
