"""One connection: hello, the frames of its life, the end of its token, its goodbye."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from aiohttp import WSMsgType

from edge.actions.dispatch import Actions
from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.auth.seen import Seen
from edge.auth.tokens import Tokens
from edge.auth.watches import UNPROVEN, Change, OnChange, Watch
from edge.errors import ApiError, not_found
from edge.lanes.ops import OpsLane
from edge.rooms.cursor import Cursors
from edge.rooms.frames import Prepared
from edge.rooms.hub import Rooms
from edge.rooms.member import Joined, Person
from edge.ws import server_frames
from edge.ws.client_frames import Frame, FrameRefused, Hello, Join, Leave, Move, Ping, Send, parse_frame, refuse_binary
from edge.ws.close_codes import CloseCode
from edge.ws.limits import CONTROLS_WAITING, UNREADABLE_FRAMES, SocketLimits
from edge.ws.memberships import Gone, Memberships
from edge.ws.pulse import Pulse
from edge.ws.rates import PersonRates, SocketRates
from edge.ws.sends import Sends
from edge.ws.serial import Serial
from edge.ws.wire import Message, Wire
from schemas.codec import validate_from_client
from schemas.problems import DataInvalid
from schemas.registry import registry
from topics.runtime import metrics
from topics.runtime.steps import steps

# Looked up once: finding a metric by its label costs more than counting, and this is done for every frame.
FRAMES: Final = {kind: metrics.FRAMES.labels(kind.__name__.lower()) for kind in (Hello, Join, Leave, Send, Move, Ping)}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What every connection of an edge works with."""

    limits: SocketLimits
    tokens: Tokens
    rights: Rights
    rooms: Rooms
    cursors: Cursors
    lane: OpsLane
    actions: Actions
    persons: PersonRates
    people: Callable[[str], Awaitable[Mapping[str, Any] | None]]
    seen: Seen
    now: Callable[[], float] = time.time


class _Over(Exception):
    """Not an error: it ends what still runs for a socket that is gone."""


class Connection:
    """A socket after its handshake; a `Member` of rooms.

    `on_caller` is called whenever it is known anew who this is.
    """

    def __init__(self, identifier: str, wire: Wire, parts: Parts, on_caller: Callable[["Connection"], None]) -> None:
        self.identifier = identifier
        self.caller: Caller | None = None
        self.takes_appends: bool = False
        self._wire = wire
        self._parts = parts
        self._on_caller = on_caller
        self._loop = asyncio.get_running_loop()
        self._rates = SocketRates(parts.limits, parts.persons, self._loop.time)
        self._rooms = Memberships(
            self, self, rights=parts.rights, rooms=parts.rooms, cursors=parts.cursors, most=parts.limits.rooms
        )
        self._guest: Watch | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unreadable = 0
        self._draining = False

    async def run(self) -> None:
        """Serve until the socket is gone."""
        limits = self._parts.limits
        self._end_at(limits.hello_seconds, CloseCode.NO_HELLO, "No hello in time.")
        pulse = Pulse(self._wire, limits.ping_seconds, limits.dead_seconds)
        try:
            async with asyncio.TaskGroup() as tasks:
                parts = self._parts
                self._controls = Serial(tasks, CONTROLS_WAITING)
                self._sends = Sends(
                    self.identifier,
                    self,
                    rights=parts.rights,
                    lane=parts.lane,
                    actions=parts.actions,
                    cursors=parts.cursors,
                    tasks=tasks,
                )
                while (message := await self._wire.read()) is not None:
                    await self._take(message)
                raise _Over  # noqa: TRY301 - the one way to end the tasks of a group
        except* _Over:
            pass
        finally:
            pulse.stop()
            self._rooms.leave_all()
            if self._guest is not None:
                self._guest.close()
            if self._deadline is not None:
                self._deadline.cancel()

    async def drain(self, code: CloseCode, timeout_seconds: float) -> None:
        """Take no more writes, answer those taken, and close."""
        self._draining = True
        await self._sends.settle(timeout_seconds)
        self.close(code, "The server restarts.")

    @property
    def close_code(self) -> int:
        """The code it ended with; 1006 when nobody said goodbye."""
        return self._wire.close_code or 1006

    def close(self, code: CloseCode, reason: str) -> None:
        """Close the socket; the first code counts."""
        self._wire.close(code, reason)

    def say(self, payload: bytes) -> None:
        """Send a text frame."""
        self._wire.send(payload)

    @contextmanager
    def answering(self, frame_id: str | None, room: str | None = None) -> Iterator[None]:
        """Answer what goes wrong within by a `reject`."""
        try:
            yield
        except (ApiError, FrameRefused) as error:
            self.refuse(frame_id, error, room)
        except Exception:
            log.exception("a frame met a bug", connection=self.identifier)
            self.refuse(frame_id, ApiError("internal", "A mistake of the server."), room)

    def hearing(self, on_change: OnChange) -> OnChange:
        """A callback of rights that ends this socket when it meets a bug, and nobody else's."""

        def hear(change: Change) -> None:
            try:
                on_change(change)
            except Exception:
                log.exception("a change of rights met a bug", connection=self.identifier)
                self.close(CloseCode.RESTART, "A mistake of the server.")

        return hear

    def refuse(self, frame_id: str | None, error: ApiError | FrameRefused, room: str | None = None) -> None:
        """Send a `reject`; hang up on who gets far too many for his rate."""
        metrics.REJECTS.labels(error.code).inc()
        self.say(server_frames.reject(frame_id, room, error))
        if error.code == "rate_limited" and self._rates.refused():
            self.close(CloseCode.FLOOD, "Far too many frames.")

    # What rooms call (`edge.rooms.member.Member`).

    @property
    def person(self) -> Person:
        """Who this is."""
        return self._person

    @property
    def behind(self) -> bool:
        """Whether much of what was sent waits to be read by the client."""
        return self._wire.behind

    def joined(self, joined: Joined) -> None:
        """Say that the room is joined."""
        self._rooms.joined(joined)

    def deliver(self, frame: Prepared) -> None:
        """Pass on a live frame."""
        self._wire.write(frame)

    async def replay(self, frame: Prepared) -> None:
        """Pass on a frame of a replay, as fast as the client reads."""
        await self._wire.send_paced(frame)

    def reset(self, room: str) -> None:
        """Say that the room's numbering began anew."""
        self._rooms.reset(room)

    def lost(self, reason: Gone) -> None:
        """A room was taken away: a guest has no other and goes."""
        if self.caller is not None and self.caller.guest:
            self._rooms.lose_all(reason)
            self.close(CloseCode.TOKEN, "The link is not valid any more.")

    async def _take(self, message: Message) -> None:
        match message.type:
            case WSMsgType.TEXT:
                with self.answering(None):
                    await self._take_text(message.data)
            case WSMsgType.BINARY:
                self._count_unreadable(refuse_binary())
            case WSMsgType.PING:
                self._wire.pong(message.data)

    async def _take_text(self, raw: bytes) -> None:
        begun = time.monotonic_ns() if steps.on else 0
        try:
            frame = parse_frame(raw, self._parts.limits.told.depth)
        except FrameRefused as refused:
            if refused.unreadable:
                self._count_unreadable(refused)
            elif self.caller is None:
                self.close(CloseCode.TOKEN, "The first frame must be a hello.")
            else:
                self._rates.control()
                self.refuse(refused.frame_id, refused, refused.room)
            return
        if steps.on and isinstance(frame, Send):
            steps.mark("read", (frame.id,), begun)
        if self.caller is not None:
            self._dispatch(frame, self.caller)
        elif isinstance(frame, Hello):
            # Nothing else is read until this is decided.
            await self._greet(frame)
        else:
            self.close(CloseCode.TOKEN, "The first frame must be a hello.")

    def _dispatch(self, frame: Frame, caller: Caller) -> None:
        FRAMES[type(frame)].inc()
        room = None if isinstance(frame, Hello | Send | Ping) else frame.room
        with self.answering(frame.id, room):
            match frame:
                case Send():
                    self._rates.send(caller.user_id)
                    if self._draining:
                        raise ApiError("unavailable", "The server restarts.")
                    self._sends.take(frame, caller)
                case Move():
                    self._move(frame, caller)
                case Ping():
                    self._rates.control()
                    self.say(server_frames.pong(frame.id))
                case Hello() | Join() | Leave():
                    self._rates.control()
                    if not self._controls.put(partial(self._control, frame, room)):
                        raise ApiError("rate_limited", "Too many joins wait to be answered.")

    async def _control(self, frame: Hello | Join | Leave, room: str | None) -> None:
        with self.answering(frame.id, room):
            match frame:
                case Hello():
                    await self._greet(frame)
                case Join() if self.caller is not None:
                    await self._rooms.join(frame, self.caller)
                case Leave():
                    self._rooms.leave(frame)

    async def _greet(self, hello: Hello) -> None:
        """Let somebody in, or the same person again with a fresh token. Raises `ApiError` `unavailable`."""
        caller = await self._admit(hello)
        if caller is None:
            return
        before, self.caller = self.caller, caller
        self._person = Person(self.identifier, caller.user_id, caller.name, caller.color)
        if before is None:
            # As the first hello says it: rooms keep each member by it.
            self.takes_appends = server_frames.APPEND_POINTS in hello.features
        elif before.link_id != caller.link_id:
            self._rooms.watch_again(caller)
        if caller.guest:
            if self._guest is not None:
                self._guest.close()
            self._guest = self._parts.rights.watch(caller, caller.board_id or "", self.hearing(self._on_guest))
        self._on_caller(self)
        if before is None:
            self._parts.seen.note(caller)
        left = caller.expires_at + self._parts.limits.token_grace_seconds - self._parts.now()
        self._end_at(left, CloseCode.TOKEN, "The token is past its end.")
        expires_at = datetime.fromtimestamp(caller.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.say(server_frames.welcome(hello.id, self.identifier, caller, expires_at, self._parts.limits.told))

    async def _admit(self, hello: Hello) -> Caller | None:
        """The caller of a good hello; None when the socket was closed instead."""
        rights = self._parts.rights
        try:
            caller = self._parts.tokens.verify_access(hello.token, self._parts.now())
            if self.caller is not None and caller.user_id != self.caller.user_id:
                self.close(CloseCode.TOKEN, "This token is somebody else's.")
                return None
            if rights.sessions.refuses(caller):
                self.close(CloseCode.SESSION, "The session is closed.")
                return None
            await rights.ensure_alive(caller)
            if rights.sessions.has_new_profile(caller.user_id):
                caller = await self._renamed(caller)
        except ApiError as error:
            if error.code != "unavailable":
                self.close(CloseCode.TOKEN, error.detail)
                return None
            if self.caller is not None:
                raise
            self.close(CloseCode.RESTART, error.detail)
            return None
        return caller

    async def _renamed(self, caller: Caller) -> Caller:
        """The caller under the name and colour that he took since his token was made. Raises `ApiError` `unavailable`."""
        known = await self._parts.people(caller.user_id)
        return caller if known is None else replace(caller, name=known["name"], color=known["color"])

    def _on_guest(self, change: Change) -> None:
        if change is UNPROVEN:
            self.close(CloseCode.RESTART, "The link cannot be checked now.")
        elif change is None or change.trashed:
            self._rooms.lose_all("revoked" if change is None else "deleted")
            self.close(CloseCode.TOKEN, "The link is not valid any more.")

    def _move(self, frame: Move, caller: Caller) -> None:
        if not self._rates.may_move(caller.user_id) or not self._parts.rights.freshness.proven:
            return
        if frame.room not in self._rooms:
            raise not_found()
        try:
            validate_from_client(registry().get("presence.move"), frame.data)
        except DataInvalid as error:
            raise ApiError("schema_invalid", "The move is not as its schema says.", error.problems) from None
        self._parts.rooms.move(frame.room, self, frame.data)

    def _count_unreadable(self, refused: FrameRefused) -> None:
        if self.caller is None:
            self.close(CloseCode.TOKEN, "The first frame must be a hello.")
            return
        self.refuse(refused.frame_id, refused)
        self._unreadable += 1
        if self._unreadable >= UNREADABLE_FRAMES:
            self.close(CloseCode.UNREADABLE, "Too many frames that cannot be read.")

    def _end_at(self, seconds: float, code: CloseCode, reason: str) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(max(0.0, seconds), self.close, code, reason)
