"""What is known of a workspace, and of whoever acts on it, at the moment of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schemas.permissions import WorkspaceRole


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace's row."""

    workspace_id: str
    name: str | None
    personal: bool
    created_by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite; with an address it is for the account of that address alone."""

    invite_id: str
    role: WorkspaceRole
    email: str | None
    expires_at: datetime
    accepted: bool
    revoked: bool

    def open(self, time: datetime) -> bool:
        """Whether it may be accepted at `time`."""
        return not (self.accepted or self.revoked) and time < self.expires_at


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision about one workspace may depend on.

    Attributes:
        workspace: the one of the action's key.
        members: the role of everybody in it who is not erased.
        erased_members: those who are, and whose row is still there.
        known: the person that the action names has an account.
        email: that person's address, in small letters.
        has_personal: that person has a personal workspace already.
        invite: the invite that the action names, when it is this workspace's.
        invited_by: open invites that the named person made.
        addressee: who has the address that the action names.
    """

    workspace: Workspace | None = None
    members: Mapping[str, WorkspaceRole] = field(default_factory=dict)
    erased_members: frozenset[str] = frozenset()
    known: bool = False
    email: str | None = None
    has_personal: bool = False
    invite: Invite | None = None
    invited_by: tuple[Invite, ...] = ()
    addressee: str | None = None

    def role(self, user_id: str | None) -> WorkspaceRole | None:
        """A person's role in the workspace."""
        return None if user_id is None else self.members.get(user_id)
