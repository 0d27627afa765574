"""Which e-mail address a person has, and what it is worth."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from consumers.identity_decider.facts import entry, of
from consumers.identity_decider.passwords import stamp
from consumers.identity_decider.state import EmailProof, Person, State
from schemas.models.identity import ConfirmEmail
from schemas.problems import Problem
from topics.decisions import Decision, Fact, numbered, refuse
from topics.errors import Reject

CONFIRMATION_LIVES: Final = timedelta(hours=24)
# So many letters in so long: an account is no machine that fills other people's mailboxes.
LETTERS_MOST: Final = 5
LETTERS_IN: Final = timedelta(minutes=10)


def change_email(data: Mapping[str, Any], time: datetime, state: State) -> Decision:
    """Another address: at once where no mail is configured, else when the token mailed to it comes back."""
    person = state.person
    if person is None:
        return refuse(Reject("not_found", "There is no such account."))
    mailed = "confirmation_id" in data
    refusal = _refusal(data, time, state, person, mailed=mailed)
    if refusal is not None:
        return refuse(refusal)
    if mailed:
        return Decision(facts=numbered(person.revision, [asked(person.user_id, data["confirmation_id"], time)]))
    return Decision(facts=moved(person, data["email"], "word") if data["email"] != person.email else ())


def _refusal(data: Mapping[str, Any], time: datetime, state: State, person: Person, *, mailed: bool) -> Reject | None:
    if data["password_version"] != person.password_version:
        return Reject("conflict", "The password was changed meanwhile: repeat with the new one.")
    if state.email_taken:
        return taken()
    if mailed and len(state.letters) >= LETTERS_MOST and time - state.letters[LETTERS_MOST - 1] < LETTERS_IN:
        return Reject("rate_limited", "Too many letters to addresses of yours: wait some minutes.")
    return None


def confirm_email(_data: ConfirmEmail, time: datetime, state: State) -> Decision:
    """The token came back from the address that it was mailed to."""
    person, mailed = state.person, state.confirmation
    if person is None or mailed is None or mailed.used or time >= mailed.expires_at:
        return refuse(Reject("gone", "This link was used before, or it is too old."))
    if state.email_taken:
        return refuse(taken())
    if mailed.email == person.email:
        return Decision(facts=numbered(person.revision, [of(person, "email_confirmed")]))
    return Decision(facts=moved(person, mailed.email, "mail"))


def moved(person: Person, email: str, proof: EmailProof) -> tuple[Fact, ...]:
    """The person has another address."""
    told = numbered(person.revision, [of(person, "email_changed")])
    return (*told, entry(replace(person, email=email, email_proof=proof), told[-1].data["revision"]))


def asked(user_id: str, confirmation_id: str, time: datetime) -> Fact:
    """A token is to be mailed."""
    return Fact(
        "identity.email_confirmation_requested",
        {"user_id": user_id, "confirmation_id": confirmation_id, "expires_at": stamp(time + CONFIRMATION_LIVES)},
    )


def taken() -> Reject:
    """The refusal of somebody else's address."""
    return Reject(
        "conflict",
        "There is an account with this e-mail address already.",
        (Problem("/email", "belongs to an account already"),),
    )
