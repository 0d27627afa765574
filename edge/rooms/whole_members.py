"""The members of a room that take whole elements only: the same events in the same order, a little later where points grow.

As long as no points are appended they get the very frames of the others. From an append on that has to be made whole
they wait in line behind it, and are shown in order what comes after.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from edge.rooms.cursor import Cursor
from edge.rooms.frames import Prepared
from edge.rooms.member import Member
from edge.rooms.strokes import Strokes, hold_appends

# Waiting to be made whole; beyond it the store is not slow but gone, and they come back by their cursors.
WAITING_BYTES: Final = 4 * 1024 * 1024
AGAIN_SECONDS: Final = 0.25

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]
Build = Callable[[Cursor, list[bytes]], Prepared]
Deliver = Callable[[Member, Prepared], None]


@dataclass(frozen=True, slots=True)
class _Flush:
    cursor: Cursor
    bodies: list[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class _Seated:
    """A member, and the last event that it has been given elsewhere."""

    member: Member
    after: int


class WholeMembers:
    """Those members of one room, and what waits for them.

    Args:
        strokes: of this room.
        spawn: begins work of the hub.
        flowing: set while anything may be shown.
        build: a frame of events.
        deliver: sends a frame to one member.
        on_overflow: too much waits; called after it was dropped.
    """

    def __init__(
        self,
        strokes: Strokes,
        *,
        spawn: Spawn,
        flowing: asyncio.Event,
        build: Build,
        deliver: Deliver,
        on_overflow: Callable[[], None],
    ) -> None:
        self._strokes = strokes
        self._spawn = spawn
        self._flowing = flowing
        self._build = build
        self._deliver = deliver
        self._on_overflow = on_overflow
        self._members: dict[str, _Seated] = {}
        self._waiting: deque[_Flush] = deque()
        self._size = 0
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, name: str, member: Member, seq: int) -> None:
        """A member that has everything up to `seq`; what waits may be older."""
        self._members[name] = _Seated(member, seq)

    def exit(self, name: str) -> None:
        """A member goes."""
        if self._members.pop(name, None) is not None and not self._members:
            self._drop()

    def take(self, cursor: Cursor, bodies: list[bytes], frame: Prepared) -> int:
        """Show events to all, now or in their turn; `frame` is how the others see them. How many writes that took."""
        if not self._members:
            return 0
        if not self._waiting and not hold_appends(bodies):
            self._strokes.pass_by(bodies)
            # Nothing waits, so nobody has been given this elsewhere.
            for seated in self._members.values():
                self._deliver(seated.member, frame)
            return len(self._members)
        size = sum(map(len, bodies))
        self._waiting.append(_Flush(cursor, bodies, size))
        self._size += size
        if self._size > WAITING_BYTES:
            self._drop()
            self._on_overflow()
        elif self._task is None:
            self._task = self._spawn(self._work())
        return 0

    def close(self) -> None:
        """Nothing more is shown."""
        self._members.clear()
        self._drop()

    def _drop(self) -> None:
        self._waiting.clear()
        self._size = 0
        self._strokes.forget()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _work(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            bodies = await self._strokes.pass_on(first.bodies, first.cursor.mark)
            if bodies is None:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            await self._flowing.wait()
            self._waiting.popleft()
            self._size -= first.size
            frame = self._build(first.cursor, bodies)
            for seated in self._members.values():
                if seated.after < first.cursor.seq:
                    self._deliver(seated.member, frame)
        self._task = None
