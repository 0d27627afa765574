"""The seam between a room and one socket: what the hub calls on a member, and what a join answers."""

from dataclasses import dataclass
from typing import Literal, Protocol

from edge.rooms.frames import Prepared


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
    `members` are the items of its list, encoded, and include the member itself; `presence` is the payload of the frame
    with the last known moves of the others.
    """

    room: str
    epoch: str
    seq: int
    cursor: str
    members: bytes
    presence: bytes


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
        """Who this is: one connection and user for its whole life, whose name and colour a new hello may change."""

    @property
    def behind(self) -> bool:
        """Whether much of what was sent waits to be read by the client."""

    @property
    def takes_appends(self) -> bool:
        """Whether it takes appended points as they are; the same for the whole life of the connection."""

    def joined(self, joined: Joined) -> None:
        """Send `joined` and `presence` now. Called once per join, before the first event of it."""

    def deliver(self, frame: Prepared) -> None:
        """Send a live frame (`events` or `presence`); it counts for the outgoing queue."""

    async def replay(self, frame: Prepared) -> None:
        """Send a frame of a replay and return when the client has read most of it; it does not count for the queue."""

    def reset(self, room: str) -> None:
        """Send `reset`: the member has been taken out of the room already."""
