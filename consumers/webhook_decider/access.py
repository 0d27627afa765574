"""Whether an actor may touch a workspace's webhooks, in the order in which the public contract refuses."""

from collections.abc import Mapping
from typing import Any, Final

from consumers.webhook_decider.state import State, Subscription
from schemas.envelope import Envelope
from schemas.permissions import allows
from topics.decisions import Decision, Fact, numbered
from topics.errors import Reject

PERMISSION: Final = "workspace.webhooks"


def allowed(envelope: Envelope, state: State) -> None:
    """Return when the actor may. Raises Reject: `not_found` without a role, `forbidden` with too low a one."""
    if not state.exists or state.role is None or envelope.actor is None:
        raise Reject("not_found", "There is no such workspace.")
    if not allows(PERMISSION, state.role):
        raise Reject("forbidden", f"This needs a higher role in the workspace than {state.role}.")


def named(envelope: Envelope, state: State) -> Subscription:
    """The webhook that the action names, when the actor may touch it. Raises Reject."""
    allowed(envelope, state)
    if state.subscription is None:
        raise Reject("not_found", "There is no such webhook.")
    return state.subscription


def told(data: Mapping[str, Any], state: State, *facts: Fact) -> Decision:
    """Yes, with these facts, numbered after the last one of the workspace's webhooks."""
    return Decision(facts=numbered(state.revision, facts), workspace=data["workspace_id"])
