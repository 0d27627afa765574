"""One WebSocket connection as a bare protocol: the handshake, whole text messages, pings."""

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import orjson

from jobs.bench.load import frames
from jobs.bench.load.refusal import Refused

WAIT_SECONDS = 60.0
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
OFFER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
Json = dict[str, Any]
# What is done with a message: its payload, whether that is compressed, when it came (monotonic nanoseconds).
OnText = Callable[[bytes, bool, int], None]
# The kinds of frame that somebody waits for, and who.
Wanted = tuple[frozenset[str], asyncio.Future[Json]]


class Socket(asyncio.Protocol):
    """A connection of somebody. `on_text` gets every message that nobody waits for."""

    def __init__(self, host: str, *, compress: bool) -> None:
        self.on_text: OnText | None = None
        self.connection = ""
        self.closed: int | None = None
        self.received = 0
        self.sent = 0
        self._key = base64.b64encode(secrets.token_bytes(16))
        self._host, self._compress = host, compress
        self._loop = asyncio.get_running_loop()
        self._open: asyncio.Future[None] = self._loop.create_future()
        self._head: bytes | None = b""
        self._reader = frames.Reader()
        self._wanted: Wanted | None = None

    @classmethod
    async def connect(cls, url: str, token: str, *, compress: bool = False, source: str | None = None) -> "Socket":
        """A connection that said hello, from that address of ours. Raises Refused, OSError, TimeoutError."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        tls = True if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        make = lambda: cls(parts.netloc, compress=compress)  # noqa: E731 - the factory that asyncio asks for
        local = None if source is None else (source, 0)
        _, self = await loop.create_connection(make, parts.hostname or "", port, ssl=tls, local_addr=local)
        await asyncio.wait_for(self._open, WAIT_SECONDS)
        welcome = await self.ask({"kind": "hello", "token": token, "client": "bench/1"}, "welcome")
        self.connection = welcome["connection"]
        return self

    async def join(self, board: str, since: str | None = None) -> Json:
        """Join a board's room; the `joined` frame. Raises Refused."""
        return await self.ask({"kind": "join", "room": f"board:{board}", "since": since}, "joined")

    async def ask(self, frame: Mapping[str, Any], *kinds: str) -> Json:
        """Send a frame and wait for one of these kinds. Raises Refused for a reject, stale or a closed socket."""
        future: asyncio.Future[Json] = self._loop.create_future()
        self._wanted = frozenset(kinds), future
        self.write(orjson.dumps(frame))
        return await asyncio.wait_for(future, WAIT_SECONDS)

    def write(self, payload: bytes) -> None:
        """Send one text message."""
        frame = frames.encode(payload)
        self.sent += len(frame)
        self._transport.write(frame)

    def close(self) -> None:
        """Hang up."""
        if not self._transport.is_closing():
            self._transport.write(frames.encode((1000).to_bytes(2, "big"), frames.CLOSE))
            self._transport.close()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # Not every loop derives its transports from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        lines = [
            "GET /ws HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13",
            *([f"Sec-WebSocket-Extensions: {OFFER}"] if self._compress else []),
        ]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        """Pass on what is complete."""
        now = time.monotonic_ns()
        self.received += len(data)
        if self._head is not None:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            self._head = None
            self._upgraded(head)
        for first, payload in self._reader.feed(data):
            self._take(first, payload, now)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self.closed = self.closed or 1006
        refusal = Refused(f"the socket was closed: {self.closed} {exc or ''}")
        for future in (self._open, self._wanted[1] if self._wanted else None):
            if future is not None and not future.done():
                future.set_exception(refusal)

    def _upgraded(self, head: bytes) -> None:
        wanted = base64.b64encode(hashlib.sha1(self._key + ACCEPT, usedforsecurity=False).digest())
        if not head.startswith(b"HTTP/1.1 101") or wanted not in head:
            self._open.set_exception(Refused(f"no upgrade: {head[:200]!r}"))
            self._transport.close()
        elif not self._open.done():
            self._open.set_result(None)

    def _take(self, first: int, payload: bytes, now: int) -> None:
        opcode = first & frames.OPCODE
        if opcode == frames.TEXT and first & frames.FINAL:
            compressed = bool(first & frames.COMPRESSED)
            if self._wanted is not None and self._answered(self._wanted, payload, compressed):
                return
            if self.on_text is not None:
                self.on_text(payload, compressed, now)
        elif opcode == frames.PING:
            self._transport.write(frames.encode(payload, frames.PONG))
        elif opcode == frames.CLOSE:
            self.closed = int.from_bytes(payload[:2], "big") or 1005
            self._transport.close()
        elif opcode != frames.PONG:
            raise frames.Broken(f"an unexpected frame {first:#x}")

    def _answered(self, wanted: Wanted, payload: bytes, compressed: bool) -> bool:
        kinds, future = wanted
        frame: Json = orjson.loads(frames.inflate(payload) if compressed else payload)
        if future.done() or frame["kind"] not in kinds | {"reject", "stale"}:
            return False
        self._wanted = None
        if frame["kind"] in kinds:
            future.set_result(frame)
        else:
            future.set_exception(Refused(f"waiting for {', '.join(sorted(kinds))}: {frame}"))
        return True
