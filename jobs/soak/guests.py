"""People who behave and are not judged: they point, draw with a pen, come and go, bring pictures and ask the past."""

import asyncio
import hashlib
import itertools
import random
import struct
import time
import zlib
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from jobs.bench.load.refusal import Refused
from jobs.bench.load.socket import Socket
from jobs.bench.load.web import Web
from jobs.rectangle import element
from jobs.soak.told import Told
from jobs.soak.wire import LOST

Json = dict[str, Any]
POINTS_OF_A_STROKE = 120
TURN_SECONDS = 0.1
STAY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Guests:
    """At one door and board, with the token of somebody who may draw."""

    url: str
    token: str
    board: str
    told: Told

    async def pen(self) -> None:
        """Point and let strokes grow, for a minute; then come again."""
        socket = await Socket.connect(self.url, self.token)
        try:
            await socket.join(self.board)
            until = time.monotonic() + STAY_SECONDS
            stroke: Json = {}
            for number in itertools.count():
                if time.monotonic() > until or socket.closed is not None:
                    break
                move = {"pointer": {"x": number, "y": 7, "tool": "pointer"}, "button": "down"}
                socket.write(orjson.dumps({"kind": "move", "room": f"board:{self.board}", "data": move}))
                if number % 2:
                    stroke = self._grow(socket, stroke)
                await asyncio.sleep(TURN_SECONDS)
            self.told.counts["strokes grew for a minute"] += 1
        finally:
            socket.close()

    async def visit(self) -> None:
        """Come, read the board, join it, and go."""
        begun = time.monotonic()
        web = Web(self.url, self.token, gzip=True)
        try:
            socket = await Socket.connect(self.url, self.token, compress=True)
            try:
                board = await web.call("GET", f"/api/boards/{self.board}/elements")
                await socket.join(self.board, board["cursor"])
                self.told.timed("visit")(time.monotonic() - begun)
                self.told.counts["visits"] += 1
            finally:
                socket.close()
        finally:
            web.close()

    async def past(self) -> None:
        """Ask how the board was, and what happened on it."""
        web = Web(self.url, self.token, gzip=True)
        try:
            path = f"/api/boards/{self.board}"
            history = await web.call("GET", f"{path}/history?buckets=20")
            places = [each["position"] for each in history["buckets"] if each["position"]]
            if places:
                await web.call("GET", f"{path}/elements?at={random.choice(places)}")
            await web.call("GET", f"{path}/versions")
            self.told.counts["looks at the past"] += 1
        finally:
            web.close()

    async def picture(self) -> None:
        """Bring a picture, and look at it."""
        content = _png(random.randbytes(60_000))
        web = Web(self.url, self.token)
        told = {"board_id": self.board, "name": "noise.png", "mime": "image/png", "size": len(content)}
        try:
            asked = await web.call("POST", "/api/files", told | {"sha256": hashlib.sha256(content).hexdigest()})
            upload = asked["upload"]
            async with (
                aiohttp.ClientSession() as http,
                http.request(upload["method"], upload["url"], data=content, headers=upload["headers"]) as answer,
            ):
                await answer.read()
            await web.call("POST", f"/api/files/{asked['file_id']}/complete")
            self.told.counts["pictures brought"] += 1
        finally:
            web.close()

    def _grow(self, socket: Socket, stroke: Json) -> Json:
        """Begin a stroke, or send its next points."""
        kind: str
        data: Json
        now, nonce = time.time_ns() // 1_000_000, random.getrandbits(31)
        if not stroke or len(stroke["points"]) >= POINTS_OF_A_STROKE:
            stroke = begun(stroke)
            kind, data = "boards.draw", {"board_id": self.board, "elements": [stroke]}
        else:
            base = {name: stroke[name] for name in ("version", "versionNonce")}
            points = [[len(stroke["points"]) + n, n] for n in range(3)]
            stroke = stroke | {"version": stroke["version"] + 1, "versionNonce": nonce}
            stroke["points"] = stroke["points"] + points
            changed = {name: stroke[name] for name in ("version", "versionNonce", "width", "height")}
            what = {"board_id": self.board, "element_id": stroke["id"], "base": base, "points": points}
            kind, data = "boards.append_points", {**what, **changed, "pressures": [], "updated": now}
        socket.write(orjson.dumps({"kind": "send", "id": f"pen-{nonce}", "type": kind, "data": data}))
        return stroke


async def again(work: Any, what: str, seconds: float, told: Told) -> None:
    """Do it every so many seconds, until cancelled; what goes wrong is counted."""
    while True:
        begun = time.monotonic()
        try:
            await work()
        except (*LOST, Refused, aiohttp.ClientError) as error:
            told.counts[f"{what} failed: {type(error).__name__} {str(error)[:120]}"] += 1
        await asyncio.sleep(max(0.5, seconds * random.uniform(0.8, 1.2) - (time.monotonic() - begun)))


def begun(old: Json) -> Json:
    """A stroke of one point: the same element once more, that a board does not grow for ever."""
    if not old:
        return element(type="freedraw", roundness=None, points=[[0, 0]], **PEN)
    return old | {"version": old["version"] + 1, "versionNonce": random.getrandbits(31), "points": [[0, 0]]}


def stroke(old: Json, number: int) -> Json:
    """How a judged editor draws with a pen: whole elements, a point longer each time."""
    points = old.get("points", [[0, 0]])
    points = [[0, 0]] if len(points) >= POINTS_OF_A_STROKE else [*points, [number % 500, len(points)]]
    return {"type": "freedraw", "roundness": None, **PEN, "points": points}


PEN: Json = {"pressures": [], "simulatePressure": True, "lastCommittedPoint": None}


def _png(noise: bytes) -> bytes:
    """A picture of this noise, in grey."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height = len(noise) // 200
    rows = b"".join(b"\0" + noise[200 * row : 200 * (row + 1)] for row in range(height))
    head = struct.pack(">IIBBBBB", 200, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
