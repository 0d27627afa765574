"""What is known of a board, its thread and whoever acts on it, at the moment of a decision."""

from dataclasses import dataclass
from datetime import datetime

from schemas.permissions import BoardRole, highest


@dataclass(frozen=True, slots=True)
class Board:
    """As far as comments depend on it; its own decider knows the rest."""

    board_id: str
    workspace_id: str
    archived: bool
    trashed: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Right:
    """One reason for a role."""

    role: BoardRole
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread's row, and how many comments it has."""

    thread_id: str
    started_by: str | None
    resolved: bool
    length: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's row."""

    comment_id: str
    author_id: str | None
    text: str
    mention: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """All that a decision may depend on.

    Attributes:
        board: the board of the action's key.
        rights: every reason for a role that the actor has on it.
        revision: of the last fact told about its comments.
        threads: how many there are on the board.
        thread: the one that the action names, when it is this board's.
        comment: the one that the action names, when it is this thread's.
        readers: of the people mentioned, those who may see the board.
        present: the person whom the action names has an account.
        concerned: that person has written or is mentioned here.
        known: of the comments that are brought back, those that are here already.
        operator: the action bears the proof of whoever runs this deployment.
    """

    board: Board | None = None
    rights: tuple[Right, ...] = ()
    revision: int = 0
    threads: int = 0
    thread: Thread | None = None
    comment: Comment | None = None
    readers: frozenset[str] = frozenset()
    present: bool = False
    concerned: bool = False
    known: frozenset[str] = frozenset()
    operator: bool = False

    def role(self, time: datetime) -> BoardRole | None:
        """The highest of the roles that are valid at `time`."""
        valid = [each.role for each in self.rights if each.expires_at is None or time < each.expires_at]
        return highest(valid) if valid else None
