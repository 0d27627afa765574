"""The seam between a room and one socket: what the hub calls on a member, and what a join answers."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from edge.rooms.frames import SharedFrame


@dataclass(frozen=True, slots=True)
class Person:
    """Who a connection is, as the others in a room see it."""

    connection: str
    user_id: str
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Joined:
    """What a `joined` frame and the `presence` frame right after it tell; the role is the socket's own knowledge.

    `seq` is the last event the member has: the next one it is given is `seq + 1`.
    `members` includes the member itself; `moves` are the last known moves of the others, as `presence` items.
    """

    room: str
    epoch: str
    seq: int
    cursor: str
    members: tuple[Person, ...]
    moves: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """The cursor cannot be replayed exactly: not joined, and no longer joined if the member was."""

    room: str
    reason: Literal["window", "epoch"]


class Member(Protocol):
    """One socket in a room.

    Frames are shared by every member of the room, compressed for those whose socket takes that: write the bytes as they
    are. None of the plain methods may block or raise; backpressure (4450) is the member's own business.
    """

    @property
    def person(self) -> Person:
        """Who this is; the same for the whole life of the connection."""

    def joined(self, joined: Joined) -> None:
        """Send `joined` and `presence` now. Called once per join, before the first event of it."""

    def deliver(self, frame: SharedFrame) -> None:
        """Send a live frame (`events` or `presence`); it counts for the outgoing queue."""

    async def replay(self, frame: SharedFrame) -> None:
        """Send a frame of a replay and return when the client has read most of it; it does not count for the queue."""

    def reset(self, room: str) -> None:
        """Send `reset`: the member has been taken out of the room already."""
