"""People who come from an identity provider: who they are here.

The edge has verified the provider's word. What is linked stays linked, whatever happens to addresses on either side.
A first visit links to an account with the same address only where both sides have verified it, or where the edge has
verified the account's password too: else whoever registers somebody's address here, or at a careless provider, would
get the other's account.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from consumers.identity_decider.accounts import new_person, registered
from consumers.identity_decider.facts import entry, of, opened
from consumers.identity_decider.sessions import BANNED, FIRST_GENERATION
from consumers.identity_decider.state import Person, State
from schemas.problems import Problem
from topics.decisions import Decision, Fact, numbered, refuse
from topics.errors import Reject

Data = Mapping[str, Any]


def sign_in_with_provider(data: Data, _time: datetime, state: State) -> Decision:
    """A session, after a link or a registration where the identity is new here."""
    if state.identity_of not in (None, data["user_id"]):
        return refuse(Reject("conflict", "This identity was linked to another account meanwhile: sign in again."))
    person = state.person
    if person is None:
        return _register(data, state)
    if person.banned:
        return refuse(BANNED)
    if state.session_known:
        return refuse(Reject("conflict", "There is a session with this id already."))
    told: list[Fact] = []
    if state.identity_of is None:
        if not _may_link(data, person):
            return refuse(_needs_password())
        told.append(Fact("identity.provider_linked", {"user_id": person.user_id, "issuer": data["issuer"]}))
        if _both_mean_it(data, person) and person.email_proof not in ("mail", "provider"):
            told.append(of(person, "email_confirmed"))
    told.append(opened(person.user_id, data["session_id"], FIRST_GENERATION))
    return Decision(facts=numbered(person.revision, told))


def _register(data: Data, state: State) -> Decision:
    """Nobody here is this identity, and nobody has its address: a new person, without a password."""
    if state.email_taken:
        return refuse(_needs_password())
    if "email" not in data:
        problem = Problem("/email", "is not told by the provider")
        return refuse(Reject("schema_invalid", "An account here needs an e-mail address.", (problem,)))
    told = [
        registered(data["user_id"], state),
        Fact("identity.provider_linked", {"user_id": data["user_id"], "issuer": data["issuer"]}),
        opened(data["user_id"], data["session_id"], FIRST_GENERATION),
    ]
    facts = numbered(0, told)
    person = new_person(data, state, "provider" if data["email_verified"] else None, len(facts))
    return Decision(facts=(entry(person), *facts))


def _may_link(data: Data, person: Person) -> bool:
    if "password_version" in data:
        return bool(data["password_version"] == person.password_version)
    return _both_mean_it(data, person) and person.email_proof in ("mail", "provider")


def _both_mean_it(data: Data, person: Person) -> bool:
    """Whether the provider has verified the very address that the account has."""
    return bool(data["email_verified"]) and data.get("email", "").lower() == person.email.lower()


def _needs_password() -> Reject:
    problem = Problem("/password", "is needed to link the account")
    return Reject(
        "forbidden",
        "There is an account with this e-mail address: log in to it with its password to link the provider.",
        (problem,),
    )
