"""Who may ask what of whom: each action of people to its rule."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from consumers.identity_decider.accounts import delete_user, register_user, update_profile
from consumers.identity_decider.addresses import change_email, confirm_email
from consumers.identity_decider.consents import give_consent, withdraw_consent
from consumers.identity_decider.governing import appoint_admin, ban_user, dismiss_admin, unban_user
from consumers.identity_decider.passwords import change_password, request_reset, reset_password
from consumers.identity_decider.providers import sign_in_with_provider
from consumers.identity_decider.sessions import (
    close_session,
    close_sessions,
    open_session,
    rotate_session,
    touch_session,
)
from consumers.identity_decider.state import State
from schemas.envelope import Envelope
from topics.decisions import Decision, refuse, sent_at
from topics.errors import Reject

Data = Mapping[str, Any]
# Each rule names the type of its own payload, which the engine has checked against that schema; with secrets opened it
# is no longer of that type, and such a rule takes any mapping.
Rule = Callable[[Any, datetime, State], Decision]


def decide(name: str, data: Data, envelope: Envelope, state: State) -> Decision:
    """The decision on one action of `identity.actions`; `data` has its secrets opened."""
    refusal = _refusal(name, data, envelope, state)
    return refuse(refusal) if refusal is not None else RULES[name](data, sent_at(envelope), state)


def _refusal(name: str, data: Data, envelope: Envelope, state: State) -> Reject | None:
    """Why who sent it may not ask this; None when he may."""
    if state.operator:
        return None
    if "proof" in data or name in OPERATORS or (name == "identity.request_reset" and data["by"] == "operator"):
        return Reject("forbidden", "Only an operator with the keyring of this deployment may do this.")
    if name in ADMINS:
        return (
            None if state.actor_is_admin else Reject("forbidden", "Only an administrator of the instance may do this.")
        )
    if name not in ANONYMOUS and envelope.actor != data["user_id"]:
        return Reject("forbidden", "Only the person himself may do this.")
    return None


RULES: Final[Mapping[str, Rule]] = {
    "identity.register_user": register_user,
    "identity.open_session": open_session,
    "identity.sign_in_with_provider": sign_in_with_provider,
    "identity.rotate_session": rotate_session,
    "identity.touch_session": touch_session,
    "identity.close_session": close_session,
    "identity.close_sessions": close_sessions,
    "identity.update_profile": update_profile,
    "identity.give_consent": give_consent,
    "identity.withdraw_consent": withdraw_consent,
    "identity.change_password": change_password,
    "identity.request_reset": request_reset,
    "identity.reset_password": reset_password,
    "identity.change_email": change_email,
    "identity.confirm_email": confirm_email,
    "identity.ban_user": ban_user,
    "identity.unban_user": unban_user,
    "identity.appoint_admin": appoint_admin,
    "identity.dismiss_admin": dismiss_admin,
    "identity.delete_user": delete_user,
}
# The edge proved who it is by a password, a token or a provider's word, not by an access token.
ANONYMOUS: Final = frozenset(
    {
        "identity.register_user",
        "identity.open_session",
        "identity.sign_in_with_provider",
        "identity.rotate_session",
        "identity.request_reset",
        "identity.reset_password",
        "identity.confirm_email",
    }
)
ADMINS: Final = frozenset({"identity.ban_user", "identity.unban_user"})
OPERATORS: Final = frozenset({"identity.appoint_admin", "identity.dismiss_admin"})
