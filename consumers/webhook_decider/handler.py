"""The decision on each action about webhooks."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from consumers.webhook_decider.access import allowed, named, told
from consumers.webhook_decider.state import State, Subscription
from schemas.envelope import Envelope
from schemas.models.webhooks import (
    CreateSubscription,
    DeleteSubscription,
    ForgetWorkspace,
    PauseSubscription,
    Redeliver,
    ResumeSubscription,
    RotateSecret,
    SendTest,
    SuspendSubscription,
    UpdateSubscription,
)
from schemas.problems import Problem
from schemas.webhooks.addresses import host_of
from schemas.webhooks.patterns import offered_types, unknown
from topics.decisions import Ask, Decision, Fact, refuse, sent_at
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema.
Rule = Callable[[Any, Envelope, State], Decision]

# Every fact of a workspace is copied once for each of its webhooks.
MOST: Final = 20
# A receiver changes its secret at leisure: for so long deliveries are signed with the old one too.
OVERLAP: Final = timedelta(hours=24)
# Signatures of one delivery; more is a mistake, or somebody who tries how long a header may be.
MOST_SECRETS: Final = 4


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `webhooks.actions`."""
    if envelope.actor is None and name not in ASKED_BY_OURSELVES:
        return refuse(Reject("unauthenticated", "An action on webhooks needs an actor."))
    if envelope.via is not None:
        return refuse(Reject("forbidden", "This takes an account: a guest's link is for one board alone."))
    try:
        return RULES[name](data, envelope, state)
    except Reject as refusal:
        return refuse(refusal)


def follow(data: Data) -> Decision:
    """A workspace is gone: its webhooks are asked to go, in their own order."""
    return Decision(asks=(Ask("webhooks.forget_workspace", {"workspace_id": data["workspace_id"]}),))


def create_subscription(data: CreateSubscription, envelope: Envelope, state: State) -> Decision:
    """A new webhook."""
    allowed(envelope, state)
    if state.count >= MOST:
        raise Reject("conflict", f"A workspace has at most {MOST} webhooks: delete one first.")
    if state.subscription is not None:
        raise Reject("conflict", "There is a webhook with this id already.")
    made = {
        **_which(data),
        "host": _host(state),
        "types": _types(data["types"]),
        "boards": _boards(data.get("boards", []), state),
        "secret_version": 1,
        "key_id": state.key_id,
        "created_by": envelope.actor,
    }
    return told(data, state, Fact("webhooks.subscription_created", made))


def update_subscription(data: UpdateSubscription, envelope: Envelope, state: State) -> Decision:
    """Another address, other facts, other boards; what is absent stays."""
    subscription = named(envelope, state)
    now = {
        **_which(data),
        "host": _host(state) if "url" in data else subscription.host,
        "types": _types(data["types"]) if "types" in data else list(subscription.types),
        "boards": _boards(data["boards"], state) if "boards" in data else list(subscription.boards),
    }
    if not data.keys() & {"url", "types", "boards"}:
        return Decision()
    return told(data, state, Fact("webhooks.subscription_updated", now))


def delete_subscription(data: DeleteSubscription, envelope: Envelope, state: State) -> Decision:
    """Nothing more is sent."""
    named(envelope, state)
    return told(data, state, Fact("webhooks.subscription_deleted", _which(data)))


def pause_subscription(data: PauseSubscription, envelope: Envelope, state: State) -> Decision:
    """What happens meanwhile waits."""
    return _paused(data, named(envelope, state), "asked", state)


def suspend_subscription(data: SuspendSubscription, _envelope: Envelope, state: State) -> Decision:
    """Whoever delivers gives up; it may be late, and the webhook deleted, or resumed since."""
    subscription = state.subscription
    if subscription is None or subscription.stint != data["stint"]:
        return Decision()
    return _paused(data, subscription, data["reason"], state)


def resume_subscription(data: ResumeSubscription, envelope: Envelope, state: State) -> Decision:
    """What waited is sent."""
    if named(envelope, state).active:
        return Decision()
    return told(data, state, Fact("webhooks.subscription_resumed", _which(data)))


def rotate_secret(data: RotateSecret, envelope: Envelope, state: State) -> Decision:
    """A new secret; the one before signs too for a while."""
    secrets, now = named(envelope, state).secrets, sent_at(envelope)
    if sum(until is None or until > now for _, until in secrets) >= MOST_SECRETS:
        raise Reject("conflict", "Its secret was changed too often: wait until one of the old ones has ended.")
    until = (now + OVERLAP).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    rotated = {**_which(data), "secret_version": secrets[0][0] + 1, "key_id": state.key_id, "previous_until": until}
    return told(data, state, Fact("webhooks.secret_rotated", rotated))


def send_test(data: SendTest, envelope: Envelope, state: State) -> Decision:
    """A delivery to this webhook alone."""
    if not named(envelope, state).active:
        raise Reject("conflict", "A paused webhook gets nothing: resume it first.")
    return told(data, state, Fact("webhooks.test_requested", {**_which(data), "delivery_id": data["delivery_id"]}))


def redeliver(data: Redeliver, envelope: Envelope, state: State) -> Decision:
    """The same delivery once more."""
    if not named(envelope, state).active:
        raise Reject("conflict", "A paused webhook gets nothing: resume it first.")
    if not state.has_delivery:
        raise Reject("not_found", "There is no such delivery any more.")
    return told(
        data, state, Fact("webhooks.redelivery_requested", {**_which(data), "delivery_id": data["delivery_id"]})
    )


def forget_workspace(data: ForgetWorkspace, _envelope: Envelope, state: State) -> Decision:
    """All webhooks of a workspace that is gone."""
    if state.exists:
        return Decision()
    which = [{"workspace_id": data["workspace_id"], "subscription_id": each} for each in state.all]
    return told(data, state, *(Fact("webhooks.subscription_deleted", each) for each in which))


def _paused(data: Data, subscription: Subscription, reason: str, state: State) -> Decision:
    if not subscription.active:
        return Decision()
    return told(data, state, Fact("webhooks.subscription_paused", {**_which(data), "reason": reason}))


def _which(data: Data) -> dict[str, Any]:
    return {"workspace_id": data["workspace_id"], "subscription_id": data["subscription_id"]}


def _host(state: State) -> str:
    if state.refused is not None or state.address is None:
        raise _wrong("/url", state.refused or "must be an address")
    return host_of(state.address) or ""


def _types(patterns: list[str]) -> list[str]:
    for number, pattern in enumerate(patterns):
        if unknown(pattern, offered_types()):
            raise _wrong(f"/types/{number}", "matches no fact that a webhook can get")
    return sorted(set(patterns))


def _boards(boards: list[str], state: State) -> list[str]:
    for number in state.strange_boards:
        raise _wrong(f"/boards/{number}", "is no board of this workspace")
    return sorted(set(boards))


def _wrong(path: str, message: str) -> Reject:
    return Reject("schema_invalid", f"{path} {message}.", (Problem(path, message),))


RULES: Final[Mapping[str, Rule]] = {
    "webhooks.create_subscription": create_subscription,
    "webhooks.update_subscription": update_subscription,
    "webhooks.delete_subscription": delete_subscription,
    "webhooks.pause_subscription": pause_subscription,
    "webhooks.suspend_subscription": suspend_subscription,
    "webhooks.resume_subscription": resume_subscription,
    "webhooks.rotate_secret": rotate_secret,
    "webhooks.send_test": send_test,
    "webhooks.redeliver": redeliver,
    "webhooks.forget_workspace": forget_workspace,
}
ASKED_BY_OURSELVES: Final = frozenset({"webhooks.suspend_subscription", "webhooks.forget_workspace"})
FOLLOWED: Final = frozenset({"workspaces.workspace_deleted"})
