"""What is known of a file, its board and whoever acts on it, at the moment of a decision."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from schemas.permissions import BoardRole

Status = Literal["requested", "checking", "ready", "rejected", "deleted"]


@dataclass(frozen=True, slots=True)
class Board:
    """A board as its own decider shows it, with the actor's role on it."""

    board_id: str
    workspace_id: str
    archived: bool
    trashed: bool
    hidden: bool
    created_by: str
    role: BoardRole | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file's row, as far as decisions depend on it."""

    file_id: str
    board_id: str
    mime: str
    size: int
    sha256: str
    status: Status


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision may depend on; `revision` is the last one told of the board.

    `used_bytes` are those of the workspace's files, uploads that are still waited for included; `quota_bytes` 0 means
    no limit. `source` and `shareable` are for copies: where they come from, and which of the files named are shown
    there and not yet here.
    """

    board: Board | None
    revision: int = 0
    file: File | None = None
    used_bytes: int = 0
    quota_bytes: int = 0
    upload_seconds: int = 900
    source: Board | None = None
    shareable: AbstractSet[str] = frozenset()
