"""What is known of a board, and of whoever acts on it, at the moment of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.models.boards import Position
from schemas.permissions import BoardRole, highest


@dataclass(frozen=True, slots=True)
class Board:
    """A board's row."""

    board_id: str
    workspace_id: str
    title: str
    created_by: str
    archived: bool
    trashed: bool
    hidden: bool
    revision: int
    template: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A guest link of a board."""

    link_id: str
    role: BoardRole
    expires_at: datetime | None
    revoked: bool

    def valid(self, time: datetime) -> bool:
        """Whether it gives its role at `time`."""
        return not self.revoked and (self.expires_at is None or time < self.expires_at)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A role that waits for an account with an address; the address goes when the invitation ends."""

    invite_id: str
    role: BoardRole
    email: str | None
    expires_at: datetime
    ended: bool

    def open(self, time: datetime) -> bool:
        """Whether it may be accepted at `time`."""
        return not self.ended and time < self.expires_at


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a board, as far as decisions depend on it."""

    version_id: str
    name: str | None
    kind: str
    created_at: datetime

    @property
    def kept(self) -> bool:
        """Whether it stays until somebody deletes it: it was saved, or got a name afterwards."""
        return self.kind == "saved" or self.name is not None


@dataclass(frozen=True, slots=True)
class Content:
    """What is on a board, as its store has it.

    Attributes:
        position: the last op that changed an element; None where nothing was ever drawn.
        elements: how many live.
        bytes: what they weigh as JSON.
        changes: how many elements were touched since the last version.
    """

    position: Position | None = None
    elements: int = 0
    bytes: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that gives the actor a role on a board."""

    grant: BoardRole | None = None
    workspace_admin: bool = False
    template_reader: bool = False
    links: tuple[Link, ...] = ()

    def role(self, time: datetime) -> BoardRole | None:
        """The highest of all: an admin of the workspace counts as owner, a member sees its templates."""
        roles: list[BoardRole] = [link.role for link in self.links if link.valid(time)]
        if self.grant is not None:
            roles.append(self.grant)
        if self.template_reader:
            roles.append("viewer")
        if self.workspace_admin:
            roles.append("owner")
        return highest(roles) if roles else None


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision about one board may depend on.

    Attributes:
        board: the board of the action's key.
        standing: the actor's, on that board.
        grants: the roles given on it, by person.
        link: the link that the action names, when it is this board's.
        visited: the links of this board that the actor has opened with his account.
        known: the person that the action names has an account.
        email: that person's address, in small letters.
        addressee: who has the address that the action names.
        open_for_address: the invitations to this board that wait for that address.
        invitation: the one that the action names (as a person whose role is taken away, too), if it is this board's.
        invited_by: the open invitations that the named person made.
        workspace_lives: the workspace that the action names exists.
        workspace_id: where a new board goes: the workspace named, when the actor is its member, or his personal one.
        source: the board that is copied, and the actor's standing on it.
        versions: those of the board.
        content: what is on it, where a version of that is kept.
    """

    board: Board | None = None
    standing: Standing = Standing()
    grants: Mapping[str, BoardRole] = field(default_factory=dict)
    link: Link | None = None
    visited: frozenset[str] = frozenset()
    known: bool = False
    email: str | None = None
    addressee: str | None = None
    open_for_address: tuple[str, ...] = ()
    invitation: Invitation | None = None
    invited_by: tuple[str, ...] = ()
    workspace_lives: bool = False
    workspace_id: str | None = None
    source: Board | None = None
    source_standing: Standing = Standing()
    versions: tuple[Version, ...] = ()
    content: Content = Content()
