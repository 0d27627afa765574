"""Heavy work of one person: so much of it at once, some more in line, and what comes then is told to come later.

A rate would not do: what a reading of the past costs depends on the board, and somebody who drags a slider asks often
for little. Each edge process counts for itself, as the other limits do.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge.errors import ApiError


@dataclass(slots=True)
class _Line:
    """One person's: who works, and how many are inside, those in line too."""

    working: asyncio.Semaphore
    inside: int = 0


class Turns:
    """Turns for one kind of work.

    Args:
        at_once: of one person.
        waiting: of one person, beyond those.
        what: the work, in the words of the refusal.
    """

    def __init__(self, at_once: int, waiting: int, what: str) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._what = what
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        """Wait for a turn of this person's and have it. Raises `ApiError` `rate_limited` when too many wait already."""
        line = self._lines.get(person)
        if line is None:
            line = self._lines[person] = _Line(asyncio.Semaphore(self._at_once))
        if line.inside >= self._most:
            raise ApiError("rate_limited", f"Too many {self._what} by one person at the same time.")
        line.inside += 1
        try:
            async with line.working:
                yield
        finally:
            line.inside -= 1
            if not line.inside:
                del self._lines[person]
