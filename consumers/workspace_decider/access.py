"""Whether an actor may do something to a workspace, in the order in which the public contract refuses."""

from typing import Final

from consumers.workspace_decider.state import State, Workspace
from schemas.envelope import Envelope
from schemas.permissions import WorkspaceRole, allows
from topics.decisions import Decision, Fact, numbered
from topics.errors import Reject

# The same words for a workspace that is not there and for one that is not shown: nobody learns which.
NO_WORKSPACE: Final = "There is no such workspace."


def no_workspace() -> Reject:
    """The answer for every workspace that the actor may not know of."""
    return Reject("not_found", NO_WORKSPACE)


def seen(envelope: Envelope, state: State) -> tuple[Workspace, WorkspaceRole]:
    """The workspace and the actor's role in it. Raises Reject `not_found` when it does not exist for the actor."""
    role = None if envelope.via is not None else state.role(envelope.actor)
    if state.workspace is None or role is None:
        raise no_workspace()
    return state.workspace, role


def allowed(envelope: Envelope, state: State, permission: str) -> Workspace:
    """The workspace, when the actor has the permission in it.

    Raises Reject: `not_found` without a role, `forbidden` with too low a one.
    """
    workspace, role = seen(envelope, state)
    if not allows(permission, role):
        raise Reject("forbidden", f"This needs a higher role in the workspace than {role}.")
    return workspace


def told(workspace: Workspace, *facts: Fact) -> Decision:
    """Yes, with these facts about the workspace, numbered after its last one."""
    return Decision(facts=numbered(workspace.revision, facts), workspace=workspace.workspace_id)
