"""One room with members on this edge: what was shown of it, to whom, and what is about to be."""

import asyncio
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import orjson
import structlog

from edge.rooms.cursor import Cursor, Cursors
from edge.rooms.frames import Prepared, SharedFrame
from edge.rooms.member import Member
from edge.rooms.presence import Presence
from edge.rooms.room_reader import Events, RoomState
from edge.rooms.sequence import Sequence, Verdict
from edge.rooms.told import Told
from edge.rooms.whole_members import WholeMembers
from topics.rooms.mark import Mark
from topics.rooms.notice import Notice
from topics.runtime.steps import Step, steps

# More than this is sent at once, tick or no tick: a frame of megabytes is one long write to every socket.
PENDING_BYTES = 256 * 1024
# About half a millisecond of writes: edits go out between two steps of presence.
TOLD_AT_ONCE = 50
# Compressing a frame takes as long as two writes: for so many members it is little beside what they cost anyway.
MANY = 5

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Seat:
    """A member's place in a room, from the call of join on until it is `left`.

    `untold`: who is gone since it was told of presence for the last time, when it has missed something.
    """

    member: Member
    shown: bytes = b""
    joined: bool = False
    joined_at: float = 0.0
    left: bool = False
    replay: "asyncio.Task[None] | None" = None
    untold: set[str] | None = None

    def __post_init__(self) -> None:
        self.shown = orjson.dumps(self.member.person)


@dataclass(eq=False, slots=True)
class LiveRoom:
    """A room that this edge listens to.

    `seats` are all who are in or on their way in, `live` and `whole` those among them who have seen everything up to the
    last event, or are about to: the ones take appended points as they are, the others whole elements only.
    """

    name: str
    cursors: Cursors
    whole: WholeMembers
    seats: dict[str, Seat] = field(default_factory=dict)
    live: dict[str, Member] = field(default_factory=dict)
    opening: "asyncio.Task[None] | None" = None
    repairing: "asyncio.Task[None] | None" = None
    closed: bool = False
    sequence: Sequence = field(default_factory=lambda: Sequence("", 0))
    mark: Mark | None = None
    timer: asyncio.Handle | None = None
    presence_timer: asyncio.Handle | None = None
    flushed_at: float = 0.0
    presence_at: float = 0.0
    presence: Presence = field(init=False)
    _early: Notice | None = None
    _bodies: list[bytes] = field(default_factory=list)
    _size: int = 0
    _owing: bool = False

    def __post_init__(self) -> None:
        self.presence = Presence(self.name)

    def enter(self, name: str, member: Member) -> None:
        """A member has seen everything up to the last event."""
        if member.takes_appends:
            self.live[name] = member
        else:
            self.whole.enter(name, member, self.sequence.seq)

    def exit(self, name: str) -> None:
        """A member goes."""
        self.live.pop(name, None)
        self.whole.exit(name)

    @property
    def open(self) -> bool:
        """Whether its numbering is known."""
        return self.sequence.epoch != ""

    def begin(self, state: RoomState) -> None:
        """The room stands there; what was heard before counts from there."""
        self.sequence = Sequence(state.epoch, state.seq, state.seq)
        self.mark = state.mark
        if self._early is not None:
            self.sequence.judge(self._early)

    @property
    def heard_another_epoch(self) -> bool:
        """Whether something of another epoch was heard while the room was being opened."""
        return self._early is not None and self._early.epoch != self.sequence.epoch

    def hear(self, notice: Notice, *, deliver: bool) -> Verdict:
        """Take in a published message; with `deliver` its events are added to those about to be sent."""
        if not self.open:
            self._early = notice
            return "drop"
        if steps.on:
            _mark("heard", [notice.body])
        verdict = self.sequence.judge(notice)
        if verdict == "pass" and deliver:
            self._add([notice.body], len(notice.body), notice.last, notice.mark)
        return verdict

    def fill(self, events: Iterable[Events]) -> bool:
        """Add events read from the window; False when they do not go on where the room stands."""
        fresh = [each for each in events if each.last > self.sequence.seq]
        for each in fresh:
            if each.first != self.sequence.seq + 1:
                return False
            self._add([each.body], len(each.body), each.last, each.mark)
        return bool(fresh)

    def _add(self, bodies: list[bytes], size: int, seq: int, mark: Mark | None) -> None:
        self._bodies += bodies
        self._size += size
        self.sequence.shown(seq)
        self.mark = mark

    @property
    def pending(self) -> bool:
        """Whether events wait to be sent."""
        return bool(self._bodies)

    @property
    def full(self) -> bool:
        """Whether they should not wait any longer."""
        return self._size > PENDING_BYTES

    def flush(self, *, busy: bool = False) -> int:
        """Send what is pending to everybody live as one frame; how many writes that took.

        While the edge is busy a frame for a few is not compressed.
        """
        if not self._bodies:
            return 0
        bodies, self._bodies, self._size = self._bodies, [], 0
        if not self.live and not self.whole:
            return 0
        cursor = Cursor(self.name, self.sequence.epoch, self.sequence.seq, self.mark)
        frame = events_frame(self.cursors, cursor, bodies, pack=not busy or len(self.live) >= MANY)
        for member in self.live.values():
            deliver(member, frame)
        if steps.on:
            _mark("written", bodies)
        return len(self.live) + self.whole.take(cursor, bodies, frame)

    @property
    def presence_waiting(self) -> bool:
        """Whether somebody is to be told something about the others."""
        return self.presence.waiting or self._owing

    def tell_presence(self) -> Generator[int]:
        """Tell the members who moved and who left, some of them at each step; yields how many writes a step took.

        A member that is behind is told nothing; later, all that counts then. Whoever is not told when this is left
        unfinished is told with the next.
        """
        told = self.presence.take()
        seats = [seat for seat in self.seats.values() if seat.joined]
        self._owing, done = False, 0
        try:
            while done < len(seats):
                step = seats[done : done + TOLD_AT_ONCE]
                writes = 0
                for seat in step:
                    done += 1
                    writes += self._tell(seat, told)
                yield writes
        finally:
            for seat in seats[done:]:
                self._owe(seat, told)

    def _tell(self, seat: Seat, told: Told) -> int:
        if seat.left:
            return 0
        if seat.member.behind:
            self._owe(seat, told)
            return 0
        name = seat.member.person.connection
        if seat.untold is None:
            frame = told.to(name)
        else:
            frame = self.presence.everything(name, (*seat.untold, *told.gone))
            seat.untold = None
        if frame is None:
            return 0
        deliver(seat.member, frame)
        return 1

    def _owe(self, seat: Seat, told: Told) -> None:
        self._owing = True
        seat.untold = {*(seat.untold or ()), *told.gone}

    def close(self) -> None:
        """Nothing more is sent."""
        self.closed = True
        self.whole.close()
        for timer in (self.timer, self.presence_timer):
            if timer is not None:
                timer.cancel()


def events_frame(cursors: Cursors, cursor: Cursor, bodies: list[bytes], *, pack: bool = True) -> SharedFrame:
    """One frame with events; `cursor` is where the client stands after it."""
    return SharedFrame(
        b'{"kind":"events","room":%b,"epoch":%b,"cursor":%b,"events":[%b]}'
        % (
            orjson.dumps(cursor.room),
            orjson.dumps(cursor.epoch),
            orjson.dumps(cursors.encode(cursor)),
            b",".join(bodies),
        ),
        pack=pack,
    )


def deliver(member: Member, frame: Prepared) -> None:
    """Send to one member; a member with a bug must not cut off the rest of the room."""
    try:
        member.deliver(frame)
    except Exception:
        log.exception("a member could not be sent to", connection=member.person.connection)


def _mark(step: Step, bodies: list[bytes]) -> None:
    """Note a step of the ops in these events."""
    events = orjson.loads(b"[%b]" % b",".join(bodies)) if any(bodies) else []
    steps.mark(step, [event["client_id"] for event in events])
