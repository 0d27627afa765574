"""A small edge that does what the contract says, unless a test tells it to spoil a frame."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.loopback import listening

Json = dict[str, Any]
# What a member really gets instead of a frame; members are counted in the order of their joining.
Spoil = Callable[[int, Json], list[Json]]


def faithful(_member: int, frame: Json) -> list[Json]:
    return [frame]


class FakeEdge:
    """One room, kept in memory."""

    def __init__(self, spoil: Spoil = faithful, *, ack: Callable[[Json], Json | None] = lambda ack: ack) -> None:
        self.url = ""
        self.seq = 10
        self.members: list[web.WebSocketResponse] = []
        self.spoil = spoil
        self._ack = ack
        self._connections: dict[web.WebSocketResponse, str] = {}
        self._events: list[Json] = []
        # What a snapshot holds besides what was drawn, and what a test makes of the snapshot and of a join's cursor.
        self.board: list[Json] = []
        self.told_elements: Callable[[list[Json]], list[Json] | None] = lambda elements: elements
        self.told_cursor: Callable[[int], int] = lambda seq: seq

    async def socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._take(socket, message.json())
        return socket

    async def elements(self, _request: web.Request) -> web.Response:
        drawn = {one["id"]: one for event in self._events for one in event["data"]["elements"]}
        elements = self.told_elements([*self.board, *drawn.values()])
        if elements is None:
            return web.json_response({"code": "unavailable", "detail": "Not now."}, status=503)
        answer = web.json_response({"board_id": "b", "cursor": str(self.seq), "elements": elements})
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def _take(self, socket: web.WebSocketResponse, frame: Json) -> None:
        match frame["kind"]:
            case "hello":
                self._connections[socket] = f"connection {len(self._connections)}"
                await socket.send_json({"kind": "welcome", "connection": self._connections[socket]})
            case "join":
                start = self.seq if frame["since"] is None else self.told_cursor(int(frame["since"]))
                self.members.append(socket)
                await socket.send_json({"kind": "joined", "room": frame["room"], "epoch": "e", "seq": start})
                if missed := [event for event in self._events if event["seq"] > start]:
                    await socket.send_json({"kind": "events", "events": missed})
            case "send":
                self.seq += 1
                event = {"seq": self.seq, "id": f"event {self.seq}", "client_id": frame["id"], "data": frame["data"]}
                self._events.append(event)
                await self._tell({"kind": "events", "room": "r", "epoch": "e", "cursor": "c", "events": [event]})
                if (ack := self._ack({"kind": "ack", "id": frame["id"], "position": "p"})) is not None:
                    await socket.send_json(ack)
            case "move":
                move = {"connection": self._connections[socket], "user_id": "u", "data": frame["data"]}
                await self._tell({"kind": "presence", "room": "r", "moves": [move], "gone": []}, but=socket)

    async def _tell(self, frame: Json, but: web.WebSocketResponse | None = None) -> None:
        for number, member in enumerate(self.members):
            if member is but or member.closed:
                continue
            for told in self.spoil(number, frame):
                await member.send_json(told)


@asynccontextmanager
async def serving(edge: FakeEdge) -> AsyncIterator[FakeEdge]:
    application = web.Application()
    application.router.add_get("/ws", edge.socket)
    application.router.add_get("/api/boards/b/elements", edge.elements)
    async with listening(application) as edge.url:
        yield edge
