"""Tells open sockets when their access to a board changes: by a fact, or because a right ends."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal

from edge.auth.standing import BoardAccess, Standing, access
from edge.errors import ApiError

# A changed right must work within a second of its answer; the tail has used some of that already.
REREAD_SECONDS: Final = 0.6
RETRY_SECONDS: Final = 0.05
# Several boards are read at once, so that one slow read does not hold up the others.
READERS: Final = 4
# A timer further away is set again on the way: clocks drift.
LONGEST_TIMER_SECONDS: Final = 3600.0


class Doubt(Enum):
    """An access that is known to have changed and cannot be read."""

    UNPROVEN = "unproven"


UNPROVEN: Final = Doubt.UNPROVEN
Change = BoardAccess | Literal[Doubt.UNPROVEN] | None
OnChange = Callable[[Change], None]
Read = Callable[[str, Collection[str]], Awaitable[dict[str, Standing]]]


@dataclass(eq=False, slots=True)
class Watch:
    """One socket's interest in its access to one board; `close` it when the socket leaves.

    `told` is what the socket knows; `UNPROVEN` while that is nothing.
    """

    board_id: str
    subject: str
    on_change: OnChange
    told: Change
    close: Callable[[], None] = field(init=False)
    closed: bool = False

    def tell(self, given: BoardAccess | None) -> None:
        """Pass on an access that differs from the one told last.

        A socket that hears of one of its watches may close others of them: those are told nothing any more.
        """
        if not self.closed and given != self.told:
            self.told = given
            self.on_change(given)

    def tell_unproven(self) -> None:
        """Say that the access has changed and cannot be read."""
        if not self.closed:
            self.told = UNPROVEN
            self.on_change(UNPROVEN)


@dataclass(slots=True)
class _Group:
    """All watches of one subject on one board, and the timer for the next end of its rights."""

    standing: Standing | None
    watches: set[Watch] = field(default_factory=set)
    timer: asyncio.TimerHandle | None = None


class Watches:
    """Everybody who watches, by board and subject."""

    def __init__(self, read: Read, now: Callable[[], float]) -> None:
        self._read = read
        self._now = now
        self._groups: dict[str, dict[str, _Group]] = {}
        self._doubted: dict[str, set[str]] = {}
        # Holds each doubted board once, so it is no longer than there are watched boards.
        self._due: asyncio.Queue[str] = asyncio.Queue()

    def holds(self, board_id: str) -> bool:
        """Whether anybody watches this board."""
        return board_id in self._groups

    def add(self, board_id: str, subject: str, standing: Standing | None, on_change: OnChange) -> Watch:
        """Watch from now on; a standing that is not known is read and told."""
        watch = Watch(board_id, subject, on_change, UNPROVEN if standing is None else access(standing, self._now()))
        watch.close = lambda: self._remove(watch)
        group = self._groups.setdefault(board_id, {}).setdefault(subject, _Group(standing))
        group.watches.add(watch)
        group.standing = standing
        if standing is None:
            self.doubt(board_id, subject)
        self._arm(board_id, subject, group)
        return watch

    def doubt(self, board_id: str, subject: str | None) -> None:
        """Read the standing of a subject again, of all subjects of the board when None."""
        groups = self._groups.get(board_id)
        if groups is None or (subject is not None and subject not in groups):
            return
        waiting = self._doubted.get(board_id)
        if waiting is None:
            waiting = self._doubted[board_id] = set()
            self._due.put_nowait(board_id)
        waiting.update(groups if subject is None else (subject,))

    async def run(self) -> None:
        """Read what is doubted until cancelled."""
        async with asyncio.TaskGroup() as readers:
            for _ in range(READERS):
                readers.create_task(self._reread())

    async def _reread(self) -> None:
        while True:
            board_id = await self._due.get()
            subjects = self._doubted.pop(board_id)
            try:
                async with asyncio.timeout(REREAD_SECONDS):
                    standings = await self._read_at_last(board_id, subjects)
            except TimeoutError:
                for watch in self._of(board_id, subjects):
                    watch.tell_unproven()
                continue
            for subject in subjects:
                group = self._groups.get(board_id, {}).get(subject)
                if group is not None:
                    group.standing = standings.get(subject)
                    self._arm(board_id, subject, group)
                    self._tell(group)

    async def _read_at_last(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        while True:
            try:
                return await self._read(board_id, subjects)
            except ApiError:
                await asyncio.sleep(RETRY_SECONDS)

    def _of(self, board_id: str, subjects: Iterable[str]) -> list[Watch]:
        groups = self._groups.get(board_id, {})
        return [watch for subject in subjects if subject in groups for watch in groups[subject].watches]

    def _tell(self, group: _Group) -> None:
        given = access(group.standing, self._now())
        # A copy: who loses the access closes the watch.
        for watch in tuple(group.watches):
            watch.tell(given)

    def _arm(self, board_id: str, subject: str, group: _Group) -> None:
        """Set the timer for the next end among the rights: it needs no fact and no PostgreSQL."""
        if group.timer is not None:
            group.timer.cancel()
            group.timer = None
        end = None if group.standing is None else group.standing.next_end(self._now())
        if end is not None:
            wait = min(max(0.0, end - self._now()) + 0.001, LONGEST_TIMER_SECONDS)
            group.timer = asyncio.get_running_loop().call_later(wait, self._on_timer, board_id, subject, group)

    def _on_timer(self, board_id: str, subject: str, group: _Group) -> None:
        group.timer = None
        self._tell(group)
        if group.watches:
            self._arm(board_id, subject, group)

    def _remove(self, watch: Watch) -> None:
        watch.closed = True
        groups = self._groups.get(watch.board_id, {})
        group = groups.get(watch.subject)
        if group is None:
            return
        group.watches.discard(watch)
        if not group.watches:
            if group.timer is not None:
                group.timer.cancel()
            del groups[watch.subject]
            if not groups:
                del self._groups[watch.board_id]
