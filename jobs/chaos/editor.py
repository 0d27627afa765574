"""An editor that never gives up: what was not acknowledged is sent again."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jobs.chaos.history import History, Json, state
from jobs.rectangle import element

LOST = (aiohttp.ClientError, ConnectionError, TimeoutError, TypeError)
ELEMENTS = 6
# More than this without an ack, and an editor waits.
WAITING = 100
PASSING = frozenset({"unavailable", "rate_limited"})
# What an edit changes of an element, by the edit's number.
Shape = Callable[[Json, int], Json]
# Told how many seconds something took.
Timed = Callable[[float], None]


def moved(_old: Json, number: int) -> Json:
    """A little further."""
    return {"x": number}


def untimed(_seconds: float) -> None:
    """Nobody wants to know."""


@dataclass
class Editor:
    """Draws its own elements over and over at `doors`, the addresses of edges, and notes in `history` what was acknowledged."""

    http: aiohttp.ClientSession
    doors: Sequence[str]
    name: str
    token: str
    board_id: str
    history: History
    rate: float = 20.0
    shape: Shape = moved
    timed: Timed = untimed
    waiting: dict[str, Json] = field(default_factory=dict)
    acks: int = 0
    newest_acked: float = 0.0
    stopping: bool = False
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def done(self) -> bool:
        """Told to stop, and nothing waits for its ack."""
        return self.stopping and not self.waiting

    async def run(self) -> None:
        """Draw until `done`."""
        mine = [element(index=f"a{number}") for number in range(ELEMENTS)]
        for door in itertools.cycle(self.doors):
            with contextlib.suppress(*LOST):
                async with self.http.ws_connect(
                    f"{door}/ws", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)
                ) as ws:
                    await ws.send_json({"kind": "hello", "token": self.token, "client": "chaos/1"})
                    if (await ws.receive_json(timeout=5))["kind"] == "welcome":
                        await self._session(ws, mine)
            if self.done:
                return
            await asyncio.sleep(0.1 + random.random() / 5)

    async def _session(self, ws: aiohttp.ClientWebSocketResponse, mine: list[Json]) -> None:
        for identifier in list(self.waiting):
            await self._send(ws, identifier)
        reader = asyncio.create_task(self._read(ws))
        try:
            while not reader.done() and not self.done:
                if not self.stopping and len(self.waiting) < WAITING:
                    await self._draw(ws, mine)
                await asyncio.sleep(1 / self.rate)
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, *LOST, ExceptionGroup):
                await reader

    async def _draw(self, ws: aiohttp.ClientWebSocketResponse, mine: list[Json]) -> None:
        number = next(self._numbers)
        old = mine[number % ELEMENTS]
        nonce = random.getrandbits(31)
        mine[number % ELEMENTS] = new = {
            **old,
            **self.shape(old, number),
            "version": old["version"] + 1,
            "versionNonce": nonce,
        }
        identifier = f"{self.name}-{number}"
        self.history.sent[identifier] = time.monotonic()
        self.waiting[identifier] = new
        await self._send(ws, identifier)

    async def _send(self, ws: aiohttp.ClientWebSocketResponse, identifier: str) -> None:
        data = {"board_id": self.board_id, "elements": [self.waiting[identifier]]}
        await ws.send_json({"kind": "send", "id": identifier, "type": "boards.draw", "data": data})

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.TaskGroup() as again:
            while True:
                frame = await ws.receive_json()
                identifier = frame.get("id")
                if identifier not in self.waiting:
                    continue
                if frame["kind"] == "ack":
                    self.acks += 1
                    self.newest_acked = max(self.newest_acked, self.history.sent[identifier])
                    self.timed(time.monotonic() - self.history.sent[identifier])
                    self.history.acked[identifier] = self.board_id, state(self.waiting.pop(identifier))
                elif frame["kind"] == "unknown" or frame.get("code") in PASSING:
                    again.create_task(self._later(ws, identifier, min(frame.get("retry_after") or 1, 2)))
                elif frame["kind"] == "reject":
                    self.history.refused.append(f"an op was refused: {frame}")
                    del self.waiting[identifier]

    async def _later(self, ws: aiohttp.ClientWebSocketResponse, identifier: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if identifier in self.waiting:
            await self._send(ws, identifier)
