"""The wire against real clients: frames, their sizes and compression, and aiohttp's private names."""

import asyncio
import gc
import tracemalloc
import zlib
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.web_protocol import RequestHandler

from edge.rooms.frames import SharedFrame, deflate
from edge.ws.tests.wired import (
    FRAME_BYTES,
    LIMIT_SECONDS,
    client,
    ended,
    events,
    nothing,
    on_both_loops,
    server,
    unread,
)
from edge.ws.wire import Wire


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
async def test_pings_are_answered() -> None:
    async with server(nothing) as (url, _), client(url, autoping=False) as ws:
        await ws.ping(b"there?")
        pong = await ws.receive(timeout=LIMIT_SECONDS)
        assert (pong.type, pong.data) == (WSMsgType.PONG, b"there?")
