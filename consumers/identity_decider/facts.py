"""The facts that several rules tell of a person."""

from collections.abc import Iterable
from typing import Literal

from consumers.identity_decider.state import Person, Session
from topics.decisions import Fact

CloseReason = Literal["logout", "reuse", "password_changed", "deleted", "revoked", "banned"]


def opened(user_id: str, session_id: str, generation: int) -> Fact:
    """A new session."""
    return Fact("identity.session_opened", {"user_id": user_id, "session_id": session_id, "generation": generation})


def closed(person: Person, session: Session, reason: CloseReason) -> Fact:
    """The end of one session."""
    return Fact(
        "identity.session_closed",
        {"user_id": person.user_id, "session_id": session.session_id, "reason": reason},
    )


def all_closed(person: Person, sessions: Iterable[Session], reason: CloseReason) -> list[Fact]:
    """The end of several sessions."""
    return [closed(person, session, reason) for session in sessions]


def of(person: Person, kind: str, **data: object) -> Fact:
    """A fact of this person, to be numbered."""
    return Fact(f"identity.{kind}", {"user_id": person.user_id, **data})


def entry(person: Person, revision: int | None = None) -> Fact:
    """What `identity.people` shows of a person."""
    shown = {
        "user_id": person.user_id,
        "email": person.email,
        "name": person.name,
        "color": person.color,
        "locale": person.locale,
        "avatar": person.avatar,
        "time_zone": person.time_zone,
        "revision": person.revision if revision is None else revision,
    }
    return Fact("identity.person", {name: value for name, value in shown.items() if value is not None})
