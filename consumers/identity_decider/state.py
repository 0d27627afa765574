"""What is known of a person at the moment of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

# What an address is worth: the word of who registered, where no mail is configured; a mailed token that came back; the
# word of an identity provider. None waits for its token.
EmailProof = Literal["word", "mail", "provider"]
RequestedBy = Literal["mail", "operator"]


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person who is not erased. `admin` is the instance's."""

    user_id: str
    email: str
    name: str
    color: str
    locale: str
    password_version: int
    revision: int
    avatar: str | None = None
    time_zone: str | None = None
    email_proof: EmailProof | None = "word"
    admin: bool = False
    banned: bool = False
    consents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Session:
    """An open session. Only the refresh token of `generation` is good; `rotated_at` is since when."""

    session_id: str
    generation: int
    rotated_at: datetime


@dataclass(frozen=True, slots=True)
class Reset:
    """A link that sets a new password, once."""

    by: RequestedBy
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An address to which a token was mailed."""

    email: str
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision about one person may depend on.

    Attributes:
        person: None for an unknown or erased one.
        sessions: the open ones, by id.
        email_taken: somebody else has the address that this action brings.
        session_known: the named session was opened once by this person, perhaps closed since.
        last_owner_of: boards with other people on them that would lose their last owner with this person.
        last_admin_of: workspaces with other members that would lose their last admin.
        operator: the action carries an operator's proof.
        actor_is_admin: who asks administers the instance.
        nobody_yet: there is no account at all.
        identity_of: whose the named provider identity is.
        reset: the named link, where it is this person's.
        mailed_at: when the last link or token was mailed to this person.
        letters: when the last few tokens were mailed to addresses of this person, newest first.
        confirmation: the named mailed token, where it is this person's.
    """

    person: Person | None = None
    sessions: Mapping[str, Session] = field(default_factory=dict)
    email_taken: bool = False
    session_known: bool = False
    last_owner_of: frozenset[str] = frozenset()
    last_admin_of: frozenset[str] = frozenset()
    operator: bool = False
    actor_is_admin: bool = False
    nobody_yet: bool = False
    identity_of: str | None = None
    reset: Reset | None = None
    mailed_at: datetime | None = None
    letters: tuple[datetime, ...] = ()
    confirmation: Confirmation | None = None
