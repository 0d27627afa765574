"""The life of an account: registration, profile, end."""

import zoneinfo
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from consumers.identity_decider.addresses import asked, taken
from consumers.identity_decider.facts import all_closed, entry, of, opened
from consumers.identity_decider.sessions import FIRST_GENERATION
from consumers.identity_decider.state import EmailProof, Person, State
from schemas.models.identity import DeleteUser
from schemas.problems import Problem
from topics.decisions import Decision, Fact, Tombstone, numbered, refuse
from topics.errors import Reject

DEFAULT_LOCALE: Final = "en"
# Told apart on white and by people with the common colour blindnesses; a person without a colour gets one by his id.
COLORS: Final = ("#1971c2", "#e03131", "#2f9e44", "#f08c00", "#9c36b5", "#0c8599", "#c2255c", "#6741d9")
PROFILE: Final = ("name", "color", "locale", "avatar", "time_zone")

Data = Mapping[str, Any]


def register_user(data: Data, time: datetime, state: State) -> Decision:
    """A new person, with a first session; the first of all administers the instance."""
    if state.email_taken:
        return refuse(taken())
    if state.person is not None:
        return refuse(Reject("conflict", "There is an account with this id already."))
    user_id, confirmation_id = data["user_id"], data.get("confirmation_id")
    told = [registered(user_id, state), opened(user_id, data["session_id"], FIRST_GENERATION)]
    if confirmation_id is not None:
        told.append(asked(user_id, confirmation_id, time))
    facts = numbered(0, told)
    person = new_person(data, state, None if confirmation_id is not None else "word", len(facts))
    return Decision(facts=(entry(person), *facts))


def update_profile(data: Data, _time: datetime, state: State) -> Decision:
    """A changed name, colour, avatar, language or time zone."""
    if state.person is None:
        return refuse(Reject("not_found", "There is no such account."))
    if "time_zone" in data and data["time_zone"] not in time_zones():
        problem = Problem("/time_zone", "is no time zone of the IANA database, such as Europe/Berlin")
        return refuse(Reject("schema_invalid", "There is no such time zone.", (problem,)))
    changed = replace(state.person, **{name: data[name] for name in PROFILE if name in data})
    if changed == state.person:
        return Decision()
    told = numbered(state.person.revision, [of(changed, "profile_changed")])
    return Decision(facts=(*told, entry(changed, told[-1].data["revision"])))


def delete_user(_data: DeleteUser, _time: datetime, state: State) -> Decision:
    """The end of an account: its sessions, its entry among the people. Boards and workspaces hear of it by the fact."""
    person = state.person
    if person is None:
        return refuse(Reject("not_found", "There is no such account."))
    if state.last_owner_of:
        boards = len(state.last_owner_of)
        return refuse(
            Reject(
                "conflict",
                f"{boards} of your boards with other people on them would lose the last owner: "
                "make somebody else an owner, or put them into the trash, first.",
            )
        )
    if state.last_admin_of:
        return refuse(
            Reject("conflict", "A workspace with other members would lose its last admin: name another first.")
        )
    told = numbered(
        person.revision,
        [*all_closed(person, state.sessions.values(), "deleted"), of(person, "user_erased")],
    )
    return Decision(facts=told, tombstones=(Tombstone("identity.people", person.user_id),))


def registered(user_id: str, state: State) -> Fact:
    """There is a new person."""
    return Fact("identity.user_registered", {"user_id": user_id, **({"admin": True} if state.nobody_yet else {})})


def new_person(data: Data, state: State, proof: EmailProof | None, revision: int) -> Person:
    """The person that a registration makes."""
    return Person(
        user_id=data["user_id"],
        email=data["email"],
        name=data["name"],
        color=data.get("color") or color_of(data["user_id"]),
        locale=data.get("locale") or DEFAULT_LOCALE,
        password_version=1,
        revision=revision,
        email_proof=proof,
        admin=state.nobody_yet,
    )


def color_of(user_id: str) -> str:
    """A colour that stays with an id."""
    return COLORS[int(user_id[-2:], 16) % len(COLORS)]


@cache
def time_zones() -> frozenset[str]:
    """The names that this installation knows."""
    return frozenset(zoneinfo.available_timezones())
