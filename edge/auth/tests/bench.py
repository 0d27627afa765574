"""Rights on a shelf in memory, with the hands of a test on every read, on the proof and on the clock."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

from edge.auth.callers import Caller
from edge.auth.freshness import Freshness
from edge.auth.rights import Rights
from edge.auth.sessions import Sessions
from edge.auth.standing import BoardAccess, BoardState, Right, Standing
from edge.auth.watches import Change
from edge.errors import ApiError

LIMIT_SECONDS = 30.0
ADA = Caller("ada", "s-ada", "Ada", "#000", guest=False, link_id=None, board_id=None, expires_at=0)
GUEST = Caller("guest", None, "Guest", "#000", guest=True, link_id="l1", board_id="b", expires_at=0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_SECONDS):
        while not holds():  # noqa: ASYNC110 - a test watches from outside
            await asyncio.sleep(0.005)


class Shelf:
    """Standings in memory, with the hands of a test on every read."""

    def __init__(self) -> None:
        self.board = BoardState("b", "w", archived=False, trashed=False, hidden=False)
        self.rights: dict[str, tuple[Right, ...]] = {}
        self.reads: list[frozenset[str]] = []
        self.away = False
        self.gate: asyncio.Event | None = None

    async def read(self, board_id: str, subjects: Collection[str]) -> dict[str, Standing]:
        self.reads.append(frozenset(subjects))
        found = {
            subject: Standing(self.board, self.rights[subject], 0.0) for subject in subjects if subject in self.rights
        }
        if self.gate is not None:
            await self.gate.wait()
        if self.away:
            raise ApiError("unavailable", "PostgreSQL is away.")
        return found if board_id == "b" else {}


class Always:
    """A log that is always read to its end."""

    def __init__(self) -> None:
        self.holds = True

    def fresh(self, within_seconds: float) -> bool:
        return self.holds


class Bench:
    """Rights on a shelf, with a clock to turn."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.proof = Always()
        self.now = 1000.0
        self.rights = Rights(self.shelf, Sessions(900), Freshness(), now=lambda: self.now)
        self.told: list[Change] = []

    def learn(self, kind: str, **data: Any) -> None:
        self.rights.learn([{"type": kind, "data": {"board_id": "b", **data}}])

    async def code(self, permission: str = "board.draw", caller: Caller = ADA) -> str:
        try:
            await self.rights.board_access(caller, "b", permission)
        except ApiError as error:
            return error.code
        return "allowed"

    async def until_told(self, count: int) -> list[Change]:
        await until(lambda: len(self.told) >= count)
        return self.told


def role_of(change: Change) -> str | None:
    assert isinstance(change, BoardAccess) or change is None
    return None if change is None else change.role
