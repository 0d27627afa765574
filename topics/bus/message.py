"""A record as a handler sees it, and where it stands."""

from dataclasses import dataclass
from typing import Any, Final

from schemas.envelope import Envelope
from schemas.registry import MessageType

# A position names an op inside its record; with this index it stands for the whole record.
LAST_INDEX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic. `index` is the op inside a record that joins several; `generation` dies with the topic."""

    generation: str
    partition: int
    offset: int
    index: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A validated record. `data` is `None` for a tombstone of a compacted topic.

    A record that was postponed comes back with the place where it stood first, as attempt number `attempt` (from 1),
    and with the `note` that its handler gave it.
    """

    topic: str
    partition: int
    offset: int
    generation: str
    timestamp_ms: int
    envelope: Envelope
    type: MessageType
    data: Any
    raw: bytes
    attempt: int = 1
    note: str | None = None

    @property
    def position(self) -> Position:
        """Where the record stands."""
        return Position(self.generation, self.partition, self.offset)

    @property
    def tombstone(self) -> bool:
        """Whether the record forgets its key."""
        return self.data is None
