"""The rooms that one socket is in, each with the role that keeps it there."""

import re
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.auth.standing import BoardAccess
from edge.auth.watches import UNPROVEN, Change, OnChange, Watch
from edge.errors import ApiError, not_found
from edge.rooms.cursor import Cursor, CursorInvalid, Cursors
from edge.rooms.hub import Rooms
from edge.rooms.member import Joined, Member, Stale
from edge.ws import server_frames
from edge.ws.client_frames import FrameProblem, FrameRefused, Join, Leave

ROOM: Final = re.compile(r"(board|workspace|user):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
# What is told to a board's owners. Nobody joins it by name: it is asked for with the board, and ends with the role.
OWNERS: Final = "board_owners:"
Gone = Literal["revoked", "deleted"]


@dataclass(frozen=True, slots=True)
class _Place:
    """A room, what gives a right to it (see `StandingStore`), and which permission there."""

    room: str
    resource: str
    permission: str


@dataclass(slots=True)
class _Membership:
    resource: str
    watch: Watch
    access: BoardAccess
    joined: bool = False
    lost: Gone | Literal["reset"] | None = None


class Says(Protocol):
    """What a membership needs of its socket."""

    def say(self, payload: bytes) -> None:
        """Send a text frame."""

    def lost(self, reason: Gone) -> None:
        """A room was taken away from this socket."""

    def hearing(self, on_change: OnChange) -> OnChange:
        """A callback of rights whose bugs end this socket alone."""


class Memberships:
    """Joins, leaves, and what becomes of a membership when rights change."""

    def __init__(
        self, member: Member, socket: Says, *, rights: Rights, rooms: Rooms, cursors: Cursors, most: int
    ) -> None:
        self._member = member
        self._socket = socket
        self._rights = rights
        self._rooms = rooms
        self._cursors = cursors
        self._most = most
        self._in: dict[str, _Membership] = {}
        self._answering: dict[str, str | None] = {}

    def __contains__(self, room: str) -> bool:
        membership = self._in.get(room)
        return membership is not None and membership.joined

    async def join(self, frame: Join, caller: Caller) -> None:
        """Answer a join. Raises `ApiError` or `FrameRefused`."""
        place = _place_of(frame.room, caller)
        await self._enter(place, frame.id, self._since(place.room, frame.since), caller)
        board = self._in.get(place.room)
        if frame.owners and place.room.startswith("board:") and board is not None and board.access.role == "owner":
            owners = _Place(f"{OWNERS}{place.resource}", place.resource, "board.list_grants")
            await self._enter(owners, frame.id, None, caller)

    async def _enter(self, place: _Place, frame_id: str | None, since: Cursor | None, caller: Caller) -> None:
        room = place.room
        if room not in self._in and len(self._in) >= self._most:
            raise ApiError("conflict", f"A socket is in at most {self._most} rooms: leave one first.")
        await self._rights.ensure_fresh()
        given = await self._rights.board_access(caller, place.resource, place.permission)
        # From here to the watch nothing may wait: a change in between would be missed.
        before = self._in.get(room)
        membership = _Membership(place.resource, self._watch(room, place.resource, caller), given)
        self._in[room] = membership
        if before is not None:
            before.watch.close()
            membership.joined = before.joined
        self._answering[room] = frame_id
        try:
            answer = await self._rooms.join(room, self._member, since)
        except ApiError:
            # The hub has put us out, of an earlier join too.
            self._drop(room, membership)
            if membership.joined:
                self._socket.say(server_frames.reset(room))
            raise
        finally:
            self._answering.pop(room, None)
        if isinstance(answer, Stale):
            self._drop(room, membership)
            self._socket.say(server_frames.stale(frame_id, room, answer.reason))
        elif membership.lost is not None:
            # Lost while the room was being opened: `joined` was never said.
            self._rooms.leave(room, self._member)
            raise not_found()

    def leave(self, frame: Leave) -> None:
        """Answer a leave. Raises `ApiError` `not_found` when the socket is not in the room."""
        membership = self._in.get(frame.room)
        if membership is None or not membership.joined:
            raise not_found()
        self._drop(frame.room, membership)
        self._rooms.leave(frame.room, self._member)
        self._socket.say(server_frames.left(frame.id, frame.room, "left"))

    def leave_all(self) -> None:
        """The socket is gone."""
        for room, membership in tuple(self._in.items()):
            self._drop(room, membership)
            self._rooms.leave(room, self._member)

    def lose_all(self, reason: Gone) -> None:
        """Say of every room that it is taken away."""
        for room, membership in tuple(self._in.items()):
            self._lose(room, membership, reason)

    def joined(self, answer: Joined) -> None:
        """The hub has put the socket into a room: say so, unless the right was lost meanwhile."""
        membership = self._in.get(answer.room)
        if membership is None or membership.lost is not None:
            return
        membership.joined = True
        frame_id = self._answering.get(answer.room)
        self._socket.say(server_frames.joined(frame_id, answer, membership.access.live_role))
        self._socket.say(answer.presence)

    def reset(self, room: str) -> None:
        """The hub has taken the socket out of a room whose numbering began anew."""
        membership = self._in.get(room)
        if membership is not None:
            self._drop(room, membership)
            self._socket.say(server_frames.reset(room))

    def watch_again(self, caller: Caller) -> None:
        """The same person under another token: rights may hang on another link now."""
        for room, membership in self._in.items():
            membership.watch.close()
            membership.watch = self._watch(room, membership.resource, caller)

    def _since(self, room: str, token: str | None) -> Cursor | None:
        if token is None:
            return None
        try:
            return self._cursors.decode(room, token)
        except CursorInvalid as error:
            raise FrameRefused(
                "schema_invalid",
                "The cursor is not one of this room.",
                (FrameProblem("/since", str(error)),),
                room=room,
            ) from None

    def _watch(self, room: str, resource: str, caller: Caller) -> Watch:
        return self._rights.watch(caller, resource, self._socket.hearing(lambda change: self._on_change(room, change)))

    def _on_change(self, room: str, change: Change) -> None:
        membership = self._in[room]
        if change is UNPROVEN:
            self._lose(room, membership, "reset")
        elif change is None or (room.startswith(OWNERS) and change.role != "owner"):
            self._lose(room, membership, "revoked")
        elif change.trashed:
            self._lose(room, membership, "deleted")
        else:
            before, membership.access = membership.access, change
            if membership.joined and change.live_role != before.live_role:
                self._socket.say(server_frames.role(room, change.live_role))

    def _lose(self, room: str, membership: _Membership, reason: Gone | Literal["reset"]) -> None:
        membership.lost = reason
        self._drop(room, membership)
        if membership.joined:
            self._rooms.leave(room, self._member)
            self._socket.say(server_frames.reset(room) if reason == "reset" else server_frames.left(None, room, reason))
        if reason != "reset":
            self._socket.lost(reason)

    def _drop(self, room: str, membership: _Membership) -> None:
        membership.watch.close()
        if self._in.get(room) is membership:
            del self._in[room]


def _place_of(room: str, caller: Caller) -> _Place:
    """The room that somebody names. Raises `ApiError` `not_found`: also for the room of somebody else."""
    found = ROOM.fullmatch(room)
    if found is None:
        raise not_found()
    kind, identifier = found.groups()
    if kind == "board":
        return _Place(room, identifier, "board.join")
    if caller.guest or (kind == "user" and identifier != caller.user_id):
        raise not_found()
    return _Place(room, room, "board.join" if kind == "user" else "workspace.see_members")
