"""What a person consented to: told as facts, so that whoever brings facts out of the house knows when to stop."""

from datetime import datetime

from consumers.identity_decider.facts import of
from consumers.identity_decider.state import State
from schemas.models.identity import GiveConsent, WithdrawConsent
from topics.decisions import Decision, numbered, refuse
from topics.errors import Reject


def give_consent(data: GiveConsent, _time: datetime, state: State) -> Decision:
    """A consent; one that is there already says nothing new."""
    if state.person is None:
        return refuse(Reject("not_found", "There is no such account."))
    if data["purpose"] in state.person.consents:
        return Decision()
    given = of(state.person, "consent_given", purpose=data["purpose"])
    return Decision(facts=numbered(state.person.revision, [given]))


def withdraw_consent(data: WithdrawConsent, _time: datetime, state: State) -> Decision:
    """The end of a consent; where there is none nothing changes."""
    if state.person is None:
        return refuse(Reject("not_found", "There is no such account."))
    if data["purpose"] not in state.person.consents:
        return Decision()
    withdrawn = of(state.person, "consent_withdrawn", purpose=data["purpose"])
    return Decision(facts=numbered(state.person.revision, [withdrawn]))
