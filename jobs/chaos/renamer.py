"""Somebody who asks for decisions, one after the other, each under one key until it is answered."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from jobs.chaos.editor import LOST
from jobs.chaos.history import History

ACCEPTED = 200
# No answer at all; the first try still runs; the rest says itself that it is worth another try.
AGAIN = frozenset({0, 409, 429, 503, 504})
PAUSE_SECONDS = 0.1


@dataclass
class Renamer:
    """Renames a board again and again; `history` is told what was accepted."""

    http: aiohttp.ClientSession
    doors: Sequence[str]
    token: str
    board_id: str
    history: History
    pause: float = PAUSE_SECONDS
    newest_accepted: float = 0.0
    stopping: bool = False

    async def run(self) -> None:
        """Ask until told to stop."""
        doors = itertools.cycle(self.doors)
        for number in itertools.count(1):
            if self.stopping:
                return
            title, sent = f"Title {number}", time.monotonic()
            status = 0
            while status in AGAIN:
                await asyncio.sleep(self.pause)
                status = await self._ask(next(doors), title)
            if status == ACCEPTED:
                self.history.accepted.append((self.board_id, title))
                self.newest_accepted = sent
            else:
                self.history.refused.append(f"a title was refused with {status}")

    async def _ask(self, door: str, title: str) -> int:
        """The status of the answer; 0 where there is none."""
        with contextlib.suppress(*LOST):
            async with self.http.patch(
                f"{door}/api/boards/{self.board_id}",
                json={"title": title},
                headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"{self.board_id} {title}"},
            ) as answer:
                await answer.read()
                return answer.status
        return 0
