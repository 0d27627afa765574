"""What is known of a person at the moment of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person who is not erased."""

    user_id: str
    email: str
    name: str
    color: str
    locale: str
    password_version: int
    revision: int


@dataclass(frozen=True, slots=True)
class Session:
    """An open session. Only the refresh token of `generation` is good; `rotated_at` is since when."""

    session_id: str
    generation: int
    rotated_at: datetime


@dataclass(frozen=True, slots=True)
class Workspace:
    """A personal workspace."""

    workspace_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision about one person may depend on.

    Attributes:
        person: None for an unknown or erased one.
        sessions: the open ones, by id.
        email_taken: somebody else has the address of this registration.
        session_known: the named session was opened once by this person, perhaps closed since.
        personal: the person's own workspaces.
        last_owner_of: boards with other people on them that would lose their last owner with this person.
        last_admin_of: workspaces with other members that would lose their last admin.
    """

    person: Person | None = None
    sessions: Mapping[str, Session] = field(default_factory=dict)
    email_taken: bool = False
    session_known: bool = False
    personal: tuple[Workspace, ...] = ()
    last_owner_of: frozenset[str] = frozenset()
    last_admin_of: frozenset[str] = frozenset()
