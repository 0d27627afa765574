"""The load of `doska bench fanout`: one room, some draw, all receive."""

import asyncio
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import orjson

from jobs.bench.person import Socket, register, share, visit
from jobs.bench.report import Result
from jobs.bench.watching import Watching

SETTLE_SECONDS = 10.0
OPENED_AT_ONCE = 10
ELEMENT: dict[str, Any] = {
    "type": "rectangle",
    "x": 250.5,
    "y": 150.25,
    "width": 120,
    "height": 80,
    "angle": 0,
    "strokeColor": "#1e1e1e",
    "backgroundColor": "transparent",
    "fillStyle": "solid",
    "strokeWidth": 2,
    "strokeStyle": "solid",
    "roughness": 1,
    "opacity": 100,
    "groupIds": [],
    "frameId": None,
    "index": "a0",
    "roundness": {"type": 3},
    "seed": 1083297840,
    "isDeleted": False,
    "boundElements": [],
    "updated": 1795242592886,
    "link": None,
    "locked": False,
}


@dataclass(frozen=True, slots=True)
class Load:
    """What is done: `rate` is ops a second of each editor."""

    members: int
    editors: int
    rate: float
    seconds: float
    warmup: float


@dataclass(slots=True)
class _Room:
    board: str
    load: Load
    result: Result
    measure_from: float = 0.0
    sent_at: dict[str, float] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    last_text: str = ""
    last_frame: dict[str, Any] = field(default_factory=dict)

    def frame(self, text: str) -> dict[str, Any]:
        # The edge sends the same bytes to all: parsed once, or the bench would measure its own parsing.
        if text != self.last_text:
            self.last_text, self.last_frame = text, orjson.loads(text)
        return self.last_frame


async def run(url: str, load: Load) -> Result:
    """Make a board and its visitors, draw, and wait until everything that was drawn is seen or time is up.

    Raises:
        Refused, aiohttp.ClientError: the edge is not there or does not do what the contract says.
    """
    result = Result(load=asdict(load))
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as http:
        owner = await register(http)
        board, link = await share(http, owner)
        room = _Room(board, load, result)
        gate = asyncio.Semaphore(OPENED_AT_ONCE)
        members = await asyncio.gather(*(_enter(http, room, link, n, gate) for n in range(load.members)))
        try:
            async with asyncio.TaskGroup() as group:
                receiving = [group.create_task(_receive(room, *member)) for member in members]
                await _draw_all(room, [socket for socket, _ in members[: load.editors]])
                await _settle(room, [watching for _, watching in members])
                for task in receiving:
                    task.cancel()
        finally:
            await asyncio.gather(*(socket.close() for socket, _ in members))
    for _, watching in members:
        result.gaps += watching.gaps
        result.doubles += watching.doubles
        result.disordered += watching.disordered
        result.delivered += len(watching.seen)
    result.expected = result.acked * load.members
    return result


async def _enter(
    http: aiohttp.ClientSession, room: _Room, link: str, n: int, gate: asyncio.Semaphore
) -> tuple[Socket, Watching]:
    async with gate:
        token = await visit(http, link, f"Guest {n}")
        socket = await Socket.open(http, token)
        return socket, Watching(await socket.join(http, room.board, token))


async def _draw_all(room: _Room, editors: list[Socket]) -> None:
    begin = time.perf_counter() + 0.2
    room.measure_from = begin + room.load.warmup
    async with asyncio.TaskGroup() as group:
        for n, socket in enumerate(editors):
            # Spread over the interval, as people are.
            start = begin + n / len(editors) / room.load.rate
            group.create_task(_draw(room, socket, start))


async def _draw(room: _Room, socket: Socket, start: float) -> None:
    element = ELEMENT | {"id": secrets.token_urlsafe(15)}
    for n in range(max(1, round((room.load.warmup + room.load.seconds) * room.load.rate))):
        await asyncio.sleep(max(0.0, start + n / room.load.rate - time.perf_counter()))
        id_ = f"{socket.connection[:40]}.{n}"
        drawn = element | {"version": n + 1, "versionNonce": secrets.randbelow(2**31), "x": 250.5 + n}
        room.result.sent += 1
        room.sent_at[id_] = time.perf_counter()
        data = {"board_id": room.board, "elements": [drawn]}
        await socket.send({"kind": "send", "id": id_, "type": "boards.draw", "data": data})


async def _receive(room: _Room, socket: Socket, watching: Watching) -> None:
    while True:
        frame = room.frame(await socket.receive())
        now = time.perf_counter()
        kind = frame["kind"]
        if kind == "events":
            for event in frame["events"]:
                op = event["client_id"] or event["id"]
                if watching.see(event["seq"], op):
                    _time(room, op, now, room.result.seen_ms)
        elif kind == "ack":
            room.result.acked += 1
            room.settled.add(frame["id"])
            _time(room, frame["id"], now, room.result.ack_ms)
        elif kind in ("reject", "unknown"):
            room.result.refused += 1
            room.settled.add(frame.get("id", ""))
        elif kind == "reset":
            room.result.resets += 1


def _time(room: _Room, op: str, now: float, times: list[float]) -> None:
    sent = room.sent_at.get(op)
    if sent is not None and sent >= room.measure_from:
        times.append((now - sent) * 1000)


async def _settle(room: _Room, watchings: list[Watching]) -> None:
    deadline = time.perf_counter() + SETTLE_SECONDS
    while time.perf_counter() < deadline:
        done = len(room.settled) >= room.result.sent
        if done and all(len(watching.seen) >= room.result.acked for watching in watchings):
            return
        await asyncio.sleep(0.02)
