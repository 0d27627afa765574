"""An observer that believes nothing but the contract: it holds a board by events and deltas alone."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from jobs.chaos.editor import LOST, Timed, untimed
from jobs.chaos.history import History, Json, Seen, merge, state


@dataclass
class Observer:
    """Watches one board through `doors`, the addresses of edges; `seen` is what it was shown."""

    http: aiohttp.ClientSession
    doors: Sequence[str]
    token: str
    seen: Seen
    history: History
    timed: Timed = untimed
    newest_seen: float = 0.0
    resumes: int = 0
    cursor: str | None = None
    epoch: str | None = None
    seq: int = -1
    ids: set[str] = field(default_factory=set)

    @property
    def room(self) -> str:
        """The board's room."""
        return f"board:{self.seen.board_id}"

    async def run(self) -> None:
        """Watch until cancelled."""
        for door in itertools.cycle(self.doors):
            with contextlib.suppress(*LOST):
                async with self.http.ws_connect(
                    f"{door}/ws", max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1)
                ) as ws:
                    await ws.send_json({"kind": "hello", "token": self.token, "client": "chaos/1"})
                    if self.cursor is None:
                        await self._catch_up(door)
                    await self._join(ws)
                    await self._watch(ws, door)
            await asyncio.sleep(0.2)

    async def _join(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        await ws.send_json({"kind": "join", "room": self.room, "since": self.cursor})

    async def _catch_up(self, door: str) -> None:
        """Read all, or what changed since the cursor."""
        since = {"since": self.cursor} if self.cursor else {}
        async with self.http.get(
            f"{door}/api/boards/{self.seen.board_id}/elements",
            params=since,
            headers={"Authorization": f"Bearer {self.token}"},
        ) as answer:
            if answer.status != 200:
                raise ConnectionError(answer.status)
            content: Json = await answer.json()
        merge(self.seen.held, list(map(state, content["elements"])))
        self.cursor, self.epoch = content["cursor"], None

    async def _watch(self, ws: aiohttp.ClientWebSocketResponse, door: str) -> None:
        while True:
            frame = await ws.receive_json()
            match frame["kind"]:
                case "joined":
                    self._joined(frame)
                case "events":
                    self._take(frame)
                case "stale":
                    await self._catch_up(door)
                    await self._join(ws)
                case "reset":
                    await self._join(ws)
                case "reject":
                    await asyncio.sleep(0.5)
                    await self._join(ws)

    def _joined(self, frame: Json) -> None:
        self.resumes += 1
        if self.epoch == frame["epoch"] and frame["seq"] < self.seq:
            self.seen.faults.append(f"joined at {frame['seq']} after {self.seq}")
        if self.epoch != frame["epoch"]:
            self.seq = -1
            self.ids.clear()
        self.epoch = frame["epoch"]

    def _take(self, frame: Json) -> None:
        if frame["epoch"] != self.epoch:
            self.seen.faults.append(f"epoch {frame['epoch']} without a reset")
        for event in frame["events"]:
            if self.seq >= 0 and event["seq"] != self.seq + 1:
                self.seen.faults.append(f"seq {event['seq']} after {self.seq}")
            self.seq = event["seq"]
            self.seen.events[frame["epoch"], event["seq"]] = event["id"]
            if event["type"] != "boards.draw":
                continue  # a fact may come again after a fault, under its id
            if event["id"] in self.ids:
                self.seen.faults.append(f"op {event['id']} twice in one epoch")
            self.ids.add(event["id"])
            if (sent := self.history.sent.get(event["client_id"])) is not None:
                self.newest_seen = max(self.newest_seen, sent)
                self.timed(time.monotonic() - sent)
            merge(self.seen.held, list(map(state, event["data"]["elements"])))
        self.cursor = frame["cursor"]
