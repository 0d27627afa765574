"""An editor that never gives up and an observer that believes nothing but the contract."""

import asyncio
import contextlib
import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.edge.client import Api, Json, newer, rectangle

LOST = (aiohttp.ClientError, ConnectionError, TimeoutError, TypeError)
Key = tuple[int, int]


def key(element: Json) -> Key:
    """How the merge compares: the higher version, then the lower nonce."""
    return element["version"], -element["versionNonce"]


def merge(held: dict[str, Json], elements: list[Json]) -> None:
    """Last writer wins, as section 3 of the contract says."""
    for element in elements:
        old = held.get(element["id"])
        if old is None or key(element) > key(old):
            held[element["id"]] = element


@dataclass
class Editor:
    """Draws its own elements over and over; keeps what was acknowledged; sends the rest again after a fault."""

    doors: list[Api]
    token: str
    board_id: str
    rate: float = 20.0
    acked: dict[str, Json] = field(default_factory=dict)
    waiting: dict[str, Json] = field(default_factory=dict)
    acks: int = 0
    stopping: bool = False
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def run(self) -> None:
        """Draw until told to stop and until nothing waits for its ack."""
        doors = itertools.cycle(self.doors)
        mine = [rectangle(index=f"a{number}") for number in range(6)]
        while not (self.stopping and not self.waiting):
            door = next(doors)
            with contextlib.suppress(*LOST):
                async with door.http.ws_connect(
                    door.base_url + "/ws", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)
                ) as ws:
                    await ws.send_json({"kind": "hello", "token": self.token, "client": "chaos/1"})
                    if (await ws.receive_json(timeout=5))["kind"] == "welcome":
                        await self._session(ws, mine)
            await asyncio.sleep(0.1 + random.random() / 5)

    async def _session(self, ws: aiohttp.ClientWebSocketResponse, mine: list[Json]) -> None:
        for identifier, element in list(self.waiting.items()):
            await self._send(ws, identifier, element)
        reader = asyncio.create_task(self._read(ws))
        try:
            while not reader.done() and not (self.stopping and not self.waiting):
                if not self.stopping and len(self.waiting) < 100:
                    index = random.randrange(len(mine))
                    mine[index] = newer(mine[index], x=random.randrange(1000))
                    identifier = f"{self.token[-6:]}-{next(self._numbers)}"
                    self.waiting[identifier] = mine[index]
                    await self._send(ws, identifier, mine[index])
                await asyncio.sleep(1 / self.rate)
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError, *LOST):
                await reader

    async def _send(self, ws: aiohttp.ClientWebSocketResponse, identifier: str, element: Json) -> None:
        data = {"board_id": self.board_id, "elements": [element]}
        await ws.send_json({"kind": "send", "id": identifier, "type": "boards.draw", "data": data})

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.TaskGroup() as again:
            while True:
                frame = await ws.receive_json()
                if frame["kind"] == "ack":
                    if (element := self.waiting.pop(frame["id"], None)) is not None:
                        self.acks += 1
                        merge(self.acked, [element])
                elif frame["kind"] in ("unknown", "reject") and frame.get("id") in self.waiting:
                    assert frame["kind"] == "unknown" or frame["code"] in ("unavailable", "rate_limited"), frame
                    again.create_task(self._later(ws, frame["id"], min(frame.get("retry_after") or 1, 2)))

    async def _later(self, ws: aiohttp.ClientWebSocketResponse, identifier: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if identifier in self.waiting:
            await self._send(ws, identifier, self.waiting[identifier])


@dataclass
class Observer:
    """Holds a board by events and deltas alone, and checks that no gap is ever silent."""

    doors: list[Api]
    token: str
    board_id: str
    held: dict[str, Json] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    resumes: int = 0
    cursor: str | None = None
    epoch: str | None = None
    seq: int = -1
    ids: set[str] = field(default_factory=set)

    @property
    def room(self) -> str:
        """The board's room."""
        return f"board:{self.board_id}"

    async def run(self) -> None:
        """Watch until cancelled."""
        for door in itertools.cycle(self.doors):
            with contextlib.suppress(*LOST):
                async with door.http.ws_connect(
                    door.base_url + "/ws", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)
                ) as ws:
                    await ws.send_json({"kind": "hello", "token": self.token, "client": "chaos/1"})
                    await self._catch_up(door)
                    await self._join(ws)
                    await self._watch(ws, door)
            await asyncio.sleep(0.2)

    async def _join(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        await ws.send_json({"kind": "join", "room": self.room, "since": self.cursor})

    async def _catch_up(self, door: Api, *, delta: bool = False) -> None:
        if self.cursor is not None and not delta:
            return
        query = f"?since={self.cursor}" if self.cursor else ""
        answer = await door.as_token(self.token).get(f"/api/boards/{self.board_id}/elements{query}")
        if answer.status != 200:
            raise ConnectionError(answer)
        merge(self.held, answer.body["elements"])
        self.cursor, self.epoch = answer.body["cursor"], None

    async def _watch(self, ws: aiohttp.ClientWebSocketResponse, door: Api) -> None:
        while True:
            frame = await ws.receive_json()
            match frame["kind"]:
                case "joined":
                    self.resumes += 1
                    if self.epoch == frame["epoch"] and frame["seq"] < self.seq:
                        self.faults.append(f"joined at {frame['seq']} after {self.seq}")
                    if self.epoch != frame["epoch"]:
                        self.seq = -1
                        self.ids.clear()
                    self.epoch = frame["epoch"]
                case "events":
                    self._take(frame)
                case "stale":
                    await self._catch_up(door, delta=True)
                    await self._join(ws)
                case "reset":
                    await self._join(ws)
                case "reject":
                    await asyncio.sleep(0.5)
                    await self._join(ws)

    def _take(self, frame: Json) -> None:
        if frame["epoch"] != self.epoch:
            self.faults.append(f"epoch {frame['epoch']} without a reset")
        for event in frame["events"]:
            if self.seq >= 0 and event["seq"] != self.seq + 1:
                self.faults.append(f"seq {event['seq']} after {self.seq}")
            self.seq = event["seq"]
            if event["id"] in self.ids:
                self.faults.append(f"event {event['id']} twice in one epoch")
            self.ids.add(event["id"])
            if event["type"] == "boards.draw":
                merge(self.held, event["data"]["elements"])
        self.cursor = frame["cursor"]
