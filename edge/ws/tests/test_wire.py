"""The wire against real clients: sizes, closing in both directions, the queue, and aiohttp's private names."""

import asyncio
import functools
import gc
import inspect
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import WSMsgType, web
from aiohttp.web_protocol import RequestHandler

from edge.rooms.frames import SharedFrame, deflate
from edge.ws.pulse import Pulse
from edge.ws.wire import Wire

LIMIT_SECONDS = 10.0
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


@on_both_loops
async def test_frames_go_both_ways_as_bytes() -> None:
    async def greet(wire: Wire) -> None:
        wire.send("grüß".encode())
        wire.write(SharedFrame(b"built"))
        wire.send(b"last")

    async with server(greet) as (url, served), client(url) as ws:
        heard = [(await ws.receive_str(timeout=LIMIT_SECONDS)) for _ in range(3)]
        await ws.send_str("héllo")
        await ws.close()
        await ended(served)

    assert heard == ["grüß", "built", "last"]
    assert served.texts == ["héllo".encode()]


def events(size: int = 4000) -> SharedFrame:
    return SharedFrame(b'{"kind":"events"}' * (size // 17))


@pytest.mark.parametrize("offer", [0, 15])
@on_both_loops
async def test_whoever_negotiates_it_or_not_sees_the_same(offer: int) -> None:
    """A library that keeps its contexts reads what was compressed without one, and is asked to keep none of its own."""
    sent = [events(), events(300), events(), SharedFrame("мало".encode()), events(200_000)]
    wires: list[Wire] = []

    async def greet(wire: Wire) -> None:
        wires.append(wire)
        for frame in sent:
            wire.write(frame)
            wire.send(b"own")

    async with server(greet) as (url, served):
        async with client(url, compress=offer) as ws:
            heard = [await ws.receive_str(timeout=LIMIT_SECONDS) for _ in range(2 * len(sent))]
            for said in ("", "x" * 5, "ы" * 70_000, "y" * FRAME_BYTES):
                await ws.send_str(said)
        await ended(served)

    assert wires[0].packs is (offer > 0)
    assert heard == [text for frame in sent for text in (frame.payload.decode(), "own")]
    assert [len(text) for text in served.texts] == [0, 5, 140_000, FRAME_BYTES]


@on_both_loops
async def test_a_bomb_closes_1009_and_is_never_unpacked() -> None:
    async with server(nothing) as (url, served), deflating(url) as ws:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = b"".join(packer.compress(bytes(FRAME_BYTES)) for _ in range(512)) + packer.flush(zlib.Z_SYNC_FLUSH)
        tracemalloc.start()
        send_packed(ws, bomb)
        send_packed(ws, bomb)
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await ws.close()
        assert await ended(served) == 1009

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
    assert peak < 16 * FRAME_BYTES


@pytest.mark.parametrize("compressed", [True, False])
@on_both_loops
async def test_what_is_not_compressed_but_says_so_closes_1002(*, compressed: bool) -> None:
    async with server(nothing) as (url, served), deflating(url) if compressed else client(url) as ws:
        send_packed(ws, b"\xff" * 20)
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        await ws.close()
        assert await ended(served) == 1002

    assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1002)


@on_both_loops
async def test_fragments_of_one_compressed_message_are_one_message() -> None:
    async with server(nothing) as (url, served), deflating(url) as ws:
        packed = deflate(b"one message, one message, one message")
        send_packed(ws, packed[:7], first=0x41)
        ws._writer.transport.write(b"\x89\x80\0\0\0\0")
        send_packed(ws, packed[7:], first=0x80)
        send_packed(ws, b"plain", first=0x81)
        await ws.close()
        await ended(served)

    assert served.texts == [b"one message, one message, one message", b"plain"]


@pytest.mark.parametrize("offer", [b"", b"Sec-WebSocket-Extensions: permessage-deflate\r\n"])
@on_both_loops
async def test_what_comes_along_with_the_handshake_is_heard(offer: bytes) -> None:
    packed = deflate(b"late, late, late") if offer else b"late, late, late"
    frames = [(0x81, b"early"), (0xC1 if offer else 0x81, packed), (0x88, b"")]
    raw = b"".join(bytes((first, 0x80 | len(said))) + b"\0\0\0\0" + said for first, said in frames)

    async with server(nothing) as (url, served):
        hasty = await unread(url, offer, raw)
        await ended(served)
        hasty.close()

    assert served.texts == [b"early", b"late, late, late"]


@on_both_loops
async def test_an_open_socket_holds_nothing_of_its_request() -> None:
    """Its request, parser, tasks and timers are what most of its memory was."""

    def held() -> int:
        gc.collect()
        return sum(isinstance(each, web.Request | RequestHandler | web.WebSocketResponse) for each in gc.get_objects())

    async with server(nothing) as (url, _):
        before = held()
        sockets = [await unread(url) for _ in range(20)]
        while (left := held()) > before + 2:  # noqa: ASYNC110 - a request ends in a turn of the loop
            await asyncio.sleep(0)
        for raw in sockets:
            raw.close()

    assert left <= before + 2


def deflating(url: str) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
    """A client that negotiated compression and whose own is not used."""
    return client(url, headers={"Sec-WebSocket-Extensions": "permessage-deflate"}, autoclose=False)


def send_packed(ws: aiohttp.ClientWebSocketResponse, payload: bytes, first: int = 0xC1) -> None:
    """One raw masked frame."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xff" + size.to_bytes(8, "big")
    ws._writer.transport.write(bytes((first,)) + length + b"\0\0\0\0" + payload)


@on_both_loops
async def test_what_is_said_in_one_turn_of_the_loop_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    write = Wire._put

    def note(wire: Wire, raw: bytes) -> None:
        written.append(len(raw))
        write(wire, raw)

    monkeypatch.setattr(Wire, "_put", note)

    async def greet(wire: Wire) -> None:
        for _ in range(100):
            wire.send(b"x" * 10)
        wire.write(SharedFrame(b"built"))
        await asyncio.sleep(0)

    async with server(greet) as (url, _), client(url) as ws:
        heard = [await ws.receive_str(timeout=LIMIT_SECONDS) for _ in range(101)]

    assert heard == ["x" * 10] * 100 + ["built"]
    assert written[0] == 100 * 12 + 7


@on_both_loops
async def test_a_frame_of_exactly_the_limit_is_read() -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        await ws.send_str("x" * FRAME_BYTES)
        await ws.close()
        await ended(served)

    assert [len(text) for text in served.texts] == [FRAME_BYTES]


@pytest.mark.parametrize("size", [FRAME_BYTES + 1, 8 * FRAME_BYTES])
@on_both_loops
async def test_a_frame_over_the_limit_closes_1009_and_the_client_learns_it(size: int) -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        await ws.send_str("x" * size)
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
        assert await ended(served) == 1009


@on_both_loops
async def test_fragments_over_the_limit_close_1009() -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        fragment = b"x" * (FRAME_BYTES // 2 + 1)
        writer = ws._writer
        for opcode in (0x01, 0x00, 0x00):
            masked = bytes([opcode, 0xFF]) + len(fragment).to_bytes(8, "big") + b"\0\0\0\0" + fragment
            writer.transport.write(masked)
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        assert (closed.type, closed.data) == (WSMsgType.CLOSE, 1009)
        assert await ended(served) == 1009


@on_both_loops
async def test_a_server_side_close_reaches_a_client_that_is_still_sending() -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        for number in range(200):
            await ws.send_str("x" * 50_000)
            if number == 50:
                served.wire.close(4429, "flood")
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        assert (closed.type, closed.data, closed.extra) == (WSMsgType.CLOSE, 4429, "flood")
        assert await ended(served) == 4429


@on_both_loops
async def test_only_the_first_close_counts_and_nothing_is_said_after_it() -> None:
    async def close(wire: Wire) -> None:
        wire.send(b"before")
        wire.close(4401, "ü" * 200)
        wire.close(4440)
        wire.send(b"after")
        wire.write(SharedFrame(b"after"))
        await wire.send_paced(SharedFrame(b"after"))

    async with server(close) as (url, served), client(url) as ws:
        before = await ws.receive_str(timeout=LIMIT_SECONDS)
        closed = await ws.receive(timeout=LIMIT_SECONDS)
        assert await ended(served) == 4401

    assert before == "before"
    assert (closed.data, closed.extra) == (4401, "ü" * 61)


@pytest.mark.parametrize("code", [1000, 4999])
@on_both_loops
async def test_a_clients_goodbye_is_answered_with_its_code(code: int) -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        await ws.close(code=code)
        assert ws.close_code == code
        assert await ended(served) == code


@on_both_loops
async def test_a_client_that_vanishes_ends_the_reading() -> None:
    async with server(nothing) as (url, served), client(url) as ws:
        ws._writer.transport.abort()
        assert await ended(served) == 1006


@on_both_loops
async def test_a_closed_client_that_never_answers_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.ws.wire.LINGER_SECONDS", 0.1)

    async with server(nothing) as (url, served), client(url, autoclose=False, autoping=False):
        async with asyncio.timeout(LIMIT_SECONDS):
            while not hasattr(served, "wire"):  # noqa: ASYNC110 - a test watches from outside
                await asyncio.sleep(0.01)
        served.wire.close(1012)
        assert await ended(served) == 1012


@on_both_loops
async def test_pings_are_answered() -> None:
    async with server(nothing) as (url, _), client(url, autoping=False) as ws:
        await ws.ping(b"there?")
        pong = await ws.receive(timeout=LIMIT_SECONDS)
        assert (pong.type, pong.data) == (WSMsgType.PONG, b"there?")


@on_both_loops
async def test_a_client_that_does_not_read_is_slow_once_its_queue_is_over_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("edge.ws.wire.LINGER_SECONDS", 0.2)
    frame = SharedFrame(b"x" * 100_000)

    async with server(nothing, queue_bytes=1_000_000) as (url, served):
        reader = await unread(url)
        while not served.slow:
            served.wire.write(frame)
            assert served.wire._transport.get_write_buffer_size() < 1_200_000
            await asyncio.sleep(0)
        assert await ended(served) == 4450
        reader.close()

    assert served.slow == 1


@on_both_loops
async def test_what_is_paced_waits_for_the_client_and_does_not_count() -> None:
    frame = SharedFrame(b"x" * 400_000)
    paced: list[int] = []

    async with server(nothing, queue_bytes=100_000) as (url, served):
        reader = await unread(url)

        async def replay() -> None:
            for number in range(60):
                await served.wire.send_paced(frame)
                paced.append(number)

        replaying = asyncio.create_task(replay())
        async with asyncio.timeout(LIMIT_SECONDS):
            while served.wire._transport.get_write_buffer_size() < 100_000:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.01)
        stuck = len(paced)
        served.wire.send(b"small")
        loop = asyncio.get_running_loop()
        read = 0
        async with asyncio.timeout(LIMIT_SECONDS):
            while read < 60 * len(frame.plain):
                chunk = await loop.sock_recv(reader, 1 << 20)
                assert chunk, "the server hung up"
                read += len(chunk)
            await replaying
        assert served.slow == 0
        reader.close()

    assert stuck < 60
    assert len(paced) == 60


@on_both_loops
async def test_a_silent_client_is_pinged_and_then_closed_1001() -> None:
    async def silent(wire: Wire) -> None:
        Pulse(wire, ping_seconds=0.1, dead_seconds=0.35)

    async with server(silent) as (url, served), client(url, autoping=False, autoclose=False) as ws:
        seen = [await ws.receive(timeout=LIMIT_SECONDS) for _ in range(4)]
        await ws.close()
        await ended(served)

    assert [message.type for message in seen] == [WSMsgType.PING] * 3 + [WSMsgType.CLOSE]
    assert seen[-1].data == 1001


@on_both_loops
async def test_any_sign_of_life_keeps_a_socket_open() -> None:
    async def alive(wire: Wire) -> None:
        Pulse(wire, ping_seconds=0.05, dead_seconds=0.2)

    async with server(alive) as (url, served), client(url, autoping=False) as ws:
        for _ in range(10):
            assert (await ws.receive(timeout=LIMIT_SECONDS)).type is WSMsgType.PING
            await ws.pong()
        assert not served.wire.closing


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
