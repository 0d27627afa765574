"""Bytes by hand: a socket of somebody who does not behave, and what the server says in the end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from jobs.bench.load import frames

RECEIVED_BYTES = 16 * 1024
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: soak\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
COMPRESSED = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"
LOST = (OSError, asyncio.IncompleteReadError, TimeoutError)
# How a connection ended of which nobody said the code.
RESET, SILENT, HUNG_UP = "reset", "still open", "hung up"


@dataclass(frozen=True, slots=True)
class Bytes:
    """One TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def upgraded(self, *, compress: bool = False) -> None:
        """It is a WebSocket from now on. Raises ConnectionError."""
        self.writer.write(HANDSHAKE + (COMPRESSED if compress else b"") + b"\r\n")
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head:
            raise ConnectionRefusedError(head[:100])

    async def greeted(self, token: str, *, compress: bool = False) -> None:
        """It has said hello. Raises ConnectionError."""
        await self.upgraded(compress=compress)
        await self.say({"kind": "hello", "token": token, "client": "soak/1"})
        await self.frame()

    async def say(self, frame: dict[str, object]) -> None:
        """Send one frame."""
        self.writer.write(frames.encode(orjson.dumps(frame)))
        await self.writer.drain()

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its first byte and its payload."""
        first, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first, await self.reader.readexactly(size)

    async def end(self, seconds: float) -> str:
        """How the server ends a WebSocket within some seconds: a close code, or without one."""
        return await _ended(self._closed(), seconds)

    async def answered(self, seconds: float) -> str:
        """How the server ends a request within some seconds: with a status, or without one."""
        return await _ended(self._status(), seconds)

    async def _closed(self) -> str:
        while True:
            first, payload = await self.frame()
            if first & frames.OPCODE == frames.CLOSE:
                return str(int.from_bytes(payload[:2], "big"))

    async def _status(self) -> str:
        return (await self.reader.readuntil(b"\r\n")).decode("latin-1").split(" ")[1]


async def _ended(end: Coroutine[Any, Any, str], seconds: float) -> str:
    try:
        return await asyncio.wait_for(end, seconds)
    except TimeoutError:
        return SILENT
    except asyncio.IncompleteReadError:
        return HUNG_UP
    except OSError:
        return RESET


@asynccontextmanager
async def bytes_to(url: str) -> AsyncIterator[Bytes]:
    """A connection with little room for what is not read yet; cut off at the end without a goodbye."""
    parts = urlsplit(url)
    raw = socket.socket()
    raw.setblocking(False)  # noqa: FBT003 - as the standard library has it
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED_BYTES)
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(raw, (parts.hostname, parts.port)), 20)
        reader, writer = await asyncio.open_connection(sock=raw, limit=RECEIVED_BYTES)
    except BaseException:
        raw.close()
        raise
    try:
        yield Bytes(reader, writer)
    finally:
        writer.transport.abort()
