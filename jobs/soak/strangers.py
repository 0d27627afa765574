"""People and programs that do not behave: each round comes, does its worst, and tells how it was sent away."""

import asyncio
import random
import zlib
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from jobs.bench.load import frames
from jobs.bench.load.refusal import Refused
from jobs.bench.load.socket import Socket
from jobs.soak.told import Told
from jobs.soak.wire import LOST, RESET, Bytes, bytes_to

MIB: Final = 1024 * 1024
# Longer than the server waits for anything.
PATIENCE_SECONDS: Final = 100.0
BRIEF_SECONDS: Final = 2.0
DRIP_SECONDS: Final = 2.0
STORMS: Final = 4
DEFLATE: Final = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB: Final = DEFLATE.compress(b'{"kind":"ping","id":"' + b"x" * 20_000_000) + DEFLATE.flush(zlib.Z_SYNC_FLUSH)
HEAD: Final = b"GET /readyz HTTP/1.1\r\nHost: soak\r\nX-Slow: "
BODY: Final = (
    b"POST /api/auth/login HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
)
NOT_IN: Final = "not let in"
# What somebody does with a connection, and how it ended.
Way = Callable[[Bytes], Coroutine[Any, Any, str]]


@dataclass(frozen=True, slots=True)
class Strangers:
    """Come to one door with the token of somebody who may draw on `board`; `size` is how many come at once."""

    url: str
    token: str
    board: str
    size: int
    told: Told

    async def slow(self) -> None:
        """Requests of which a byte comes now and then."""
        await self._all("a slow head", partial(_drip, begun=HEAD))
        await self._all("a slow body", partial(_drip, begun=BODY))

    async def silent(self) -> None:
        """Sockets that never say hello, and some that stop in the middle of a frame."""
        await self._all("no hello", _upgraded)
        await self._all("half a frame", self._half)

    async def large(self) -> None:
        """Frames over their limit, compressed ones too."""
        await self._all("a frame over 1 MiB", self._oversized, 2)
        await self._all("a compressed bomb", self._bomb, 2)

    async def flood(self) -> None:
        """Many connections at the same moment, which say nothing and go."""
        await self._all("a flood of connections", _idle, 5 * self.size)
        await self._all("a flood of sockets", _brief, 5 * self.size)

    async def chatter(self) -> None:
        """Frames as fast as the wire takes them."""
        await self._all("far too many frames", self._shout, 1)

    async def storm(self) -> None:
        """Everybody comes again at once, several times."""
        for _ in range(STORMS):
            async with asyncio.TaskGroup() as group:
                for _ in range(3 * self.size):
                    group.create_task(self._visit())

    async def _all(self, what: str, way: Way, count: int | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count or self.size):
                group.create_task(self._one(what, way))

    async def _one(self, what: str, way: Way) -> None:
        end = NOT_IN
        with suppress(*LOST):
            async with bytes_to(self.url) as line:
                end = RESET
                end = await way(line)
        self.told.counts[f"{what}: {end}"] += 1

    async def _visit(self) -> None:
        try:
            socket = await Socket.connect(self.url, self.token)
            try:
                await socket.join(self.board)
            finally:
                socket.close()
            end = "came in"
        except Refused as refused:
            end = f"refused: {str(refused)[:60]}"
        except LOST:
            end = NOT_IN
        self.told.counts[f"reconnect storm: {end}"] += 1

    async def _half(self, line: Bytes) -> str:
        await line.greeted(self.token)
        line.writer.write(frames.encode(b" " * 1000)[:300])
        return await line.end(PATIENCE_SECONDS)

    async def _oversized(self, line: Bytes) -> str:
        await line.greeted(self.token)
        line.writer.write(frames.encode(b" " * (MIB + 1)))
        return await line.end(PATIENCE_SECONDS)

    async def _bomb(self, line: Bytes) -> str:
        await line.greeted(self.token, compress=True)
        plain = frames.encode(BOMB[:-4])
        line.writer.write(bytes((plain[0] | frames.COMPRESSED,)) + plain[1:])
        return await line.end(PATIENCE_SECONDS)

    async def _shout(self, line: Bytes) -> str:
        await line.greeted(self.token)
        for number in range(1500):
            line.writer.write(frames.encode(b'{"kind":"ping","id":"%d"}' % number))
        return await line.end(PATIENCE_SECONDS)


async def _idle(line: Bytes) -> str:
    return await line.answered(BRIEF_SECONDS)


async def _brief(line: Bytes) -> str:
    await asyncio.wait_for(line.upgraded(), PATIENCE_SECONDS)
    return await line.end(BRIEF_SECONDS)


async def _upgraded(line: Bytes) -> str:
    await asyncio.wait_for(line.upgraded(), PATIENCE_SECONDS)
    return await line.end(PATIENCE_SECONDS)


async def _drip(line: Bytes, begun: bytes) -> str:
    line.writer.write(begun)
    dripping = asyncio.create_task(_dripping(line))
    try:
        return await line.answered(PATIENCE_SECONDS)
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


async def _dripping(line: Bytes) -> None:
    while True:
        await asyncio.sleep(DRIP_SECONDS * random.uniform(0.5, 1.0))
        line.writer.write(b"x")
        await line.writer.drain()
