"""A wire between a server and real clients, on both kinds of loop."""

import asyncio
import functools
import inspect
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import WSMsgType, web

from edge.rooms.frames import SharedFrame
from edge.ws.wire import Wire

LIMIT_SECONDS = 30.0
FRAME_BYTES = 1024 * 1024
Serve = Callable[[Wire], Awaitable[None]]


def on_both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Coroutine[Any, Any, None]]:
    """Run a test on asyncio's loop and on uvloop: their transports differ, and servers run on the second.

    In a thread, because the session's own loop has consumers to keep alive.
    """

    @pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
    @functools.wraps(test)
    async def run(new_loop: Callable[[], asyncio.AbstractEventLoop], **given: Any) -> None:
        def alone() -> None:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(test(**given))

        await asyncio.to_thread(alone)

    asked = inspect.signature(test)
    loop = inspect.Parameter("new_loop", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = asked.replace(parameters=[*asked.parameters.values(), loop])
    return run


class Served:
    """What the server's side saw of its one socket."""

    def __init__(self) -> None:
        self.wire: Wire
        self.texts: list[bytes] = []
        self.slow = 0
        self.done = asyncio.Event()


@asynccontextmanager
async def server(serve: Serve, *, queue_bytes: int = 4 * FRAME_BYTES) -> AsyncIterator[tuple[str, Served]]:
    """A server of one route that opens a wire, calls `serve`, and reads until the end."""
    served = Served()

    def on_slow() -> None:
        served.slow += 1
        served.wire.close(4450)

    async def handle(request: web.Request) -> web.StreamResponse:
        served.wire = wire = Wire(frame_bytes=FRAME_BYTES, queue_bytes=queue_bytes, on_slow=on_slow)
        response = await wire.open(request)
        serving.create_task(read(wire))
        return response

    async def read(wire: Wire) -> None:
        try:
            await serve(wire)
            while (message := await wire.read()) is not None:
                if message.type is WSMsgType.TEXT:
                    served.texts.append(message.data)
                elif message.type is WSMsgType.PING:
                    wire.pong(message.data)
        finally:
            served.done.set()

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with asyncio.TaskGroup() as serving:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/ws", served
            if hasattr(served, "wire"):
                served.wire.abort()
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(url: str, **options: object) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with aiohttp.ClientSession() as http, http.ws_connect(url, **options) as ws:
        yield ws


async def nothing(_: Wire) -> None:
    """Serve without a word of its own."""


async def ended(served: Served) -> int | None:
    async with asyncio.timeout(LIMIT_SECONDS):
        await served.done.wait()
    return served.wire.close_code


def events(size: int = 4000) -> SharedFrame:
    return SharedFrame(b'{"kind":"events"}' * (size // 17))


async def unread(url: str, header: bytes = b"", more: bytes = b"") -> socket.socket:
    """A raw client after its handshake, with `more` in the same packet, which reads nothing by itself."""
    port = int(url.split(":")[2].split("/", maxsplit=1)[0])
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    raw.setblocking(False)  # noqa: FBT003 - the library's own signature
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", port))
    await loop.sock_sendall(
        raw,
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" + header + b"\r\n" + more,
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await loop.sock_recv(raw, 1)
    return raw
