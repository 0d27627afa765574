"""What is known of a workspace's webhooks, and of whoever acts on them, at the moment of a decision."""

from dataclasses import dataclass
from datetime import datetime

from schemas.permissions import WorkspaceRole


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook. `secrets` are (version, until when it signs too), the newest first; the newest has no end."""

    subscription_id: str
    host: str
    types: tuple[str, ...]
    boards: tuple[str, ...]
    active: bool
    stint: int
    secrets: tuple[tuple[int, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision about one workspace's webhooks may depend on.

    Attributes:
        exists: there is such a workspace.
        role: of who asks.
        revision: of the last fact told of the workspace's webhooks.
        count: how many webhooks the workspace has.
        subscription: the one that the action names, when it is this workspace's.
        all: the ids of all of them, where all go.
        address: the address that the action names, as the URL standard writes it.
        refused: why that address may not be called.
        strange_boards: boards that the action names and that are not the workspace's.
        key_id: the current key of the keyring.
        has_delivery: the delivery that the action names is kept, and of this webhook.
    """

    exists: bool = True
    role: WorkspaceRole | None = None
    revision: int = 0
    count: int = 0
    subscription: Subscription | None = None
    all: tuple[str, ...] = ()
    address: str | None = None
    refused: str | None = None
    strange_boards: tuple[int, ...] = ()
    key_id: str = ""
    has_delivery: bool = False
