"""Sockets against hostile frames: each is refused or closes its own socket, and the others in the room notice nothing."""

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import pytest

from schemas.forms import client_example
from schemas.registry import registry
from tests.edge.client import Api, Socket, connected, rectangle, register
from tests.hostile.mutations import mutations
from tests.hostile.refusals import OF_PYTHON, traces
from tests.hostile.seeds import seeds
from tests.hostile.texts import texts
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
MOST: Final = 60
ANSWER_SECONDS: Final = 30
# Each is followed by a ping, and a socket has 120 of these at once.
FRAMES_OF_A_SOCKET: Final = 50
HELLO: Final = {"kind": "hello", "token": "T", "client": "web/1.0", "features": ["append_points"]}
DOCUMENTED: Final = {1001, 1002, 1007, 1009, 1012, 4400, 4401, 4408, 4429, 4440, 4450}


def frames_of(board_id: str, seed: int) -> Iterator[bytes]:
    """Frames of each kind that somebody in a room sends, with one thing wrong each."""
    room = f"board:{board_id}"
    move = {"pointer": {"x": 1, "y": 2, "tool": "pointer"}, "button": "up"}
    good: list[dict[str, Any]] = [
        {"kind": "join", "id": "j", "room": room, "since": None, "owners": True},
        {"kind": "move", "id": "m", "room": room, "data": move},
        {"kind": "ping", "id": "p"},
        {"kind": "send", "id": "d", "type": "boards.draw", "data": {"board_id": board_id, "elements": [rectangle()]}},
    ]
    for frame in good:
        for mutation in mutations({}, frame, seed, MOST):
            yield json.dumps(mutation.data).encode()
    for mt in registry().types():
        if mt.sendable:
            example = client_example(mt, mt.examples[0])
            for mutation in mutations({**mt.schema}, example, seed, 2):
                yield json.dumps({"kind": "send", "id": "a", "type": mt.name, "data": mutation.data}).encode()


async def said(socket: Socket, frame: bytes, number: int) -> bool:
    """Say a frame and wait until the edge has read it; whether the socket is still open."""
    if socket.close_code is not None:
        return False
    await socket.ws.send_frame(frame, 1)  # the text opcode, whatever the bytes
    await socket.send(kind="ping", id=f"read-{number}")
    try:
        await socket.kind("pong", id=f"read-{number}")
    except AssertionError:
        assert socket.close_code is not None, f"no answer to {frame[:300]!r}"
        return False
    return True


@pytest.fixture(scope="module")
async def unlimited(product: Product, http: aiohttp.ClientSession) -> AsyncIterator[tuple[Api, Path]]:
    """An edge that takes sends at any rate, and its log: what is over a rate is not looked at."""
    async with product.without_more_edges():
        edge = await product.edge(DOSKA_LIMIT_SENDS_PER_SECOND="0")
        yield Api(edge.base_url, http), edge.process.log


@pytest.mark.parametrize("seed", seeds())
async def test_hostile_frames_end_at_most_their_own_socket(unlimited: tuple[Api, Path], seed: int) -> None:
    api, log = unlimited
    before = log.stat().st_size
    mallory, ada = await register(api, "Mallory"), await register(api, "Ada")
    board_id = await mallory.board()
    await mallory.grant(board_id, ada, "editor")
    waiting = list(enumerate(frames_of(board_id, seed)))
    heard: list[dict[str, Any]] = []

    async with connected(api, ada.token) as innocent:
        await innocent.join(board_id)
        while waiting:
            async with connected(api, mallory.token) as socket:
                await socket.join(board_id)
                for _ in range(min(FRAMES_OF_A_SOCKET, len(waiting))):
                    number, frame = waiting.pop(0)
                    if not await said(socket, frame, number):
                        assert socket.close_code in DOCUMENTED, (socket.close_code, frame[:300])
                        break
                heard += socket.frames
        drawn = await innocent.draw(board_id, rectangle())
        await innocent.event(board_id, lambda event: event["client_id"] == drawn)

        assert innocent.close_code is None
        assert not [frame for frame in innocent.frames if frame["kind"] in ("reset", "left", "reject", "stale")]
        seqs = [event["seq"] for event in innocent.events(board_id)]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert faults(heard) == []
    assert traces(log.read_bytes()[before:]) == []


def faults(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rejects that no client should ever see, cut to what matters."""
    rejects = [frame for frame in frames if frame["kind"] == "reject"]
    assert len(rejects) > 100, "too little was refused: this proves nothing"
    return [
        each
        for each in rejects
        if each["code"] == "internal"
        or (each["code"] == "schema_invalid" and not each["errors"])
        or len(json.dumps(each)) > 64 * 1024
        or any(OF_PYTHON.search(error["message"]) for error in each["errors"])
    ]


@pytest.mark.parametrize("seed", seeds())
async def test_a_hostile_first_frame_closes_its_socket(product: Product, api: Api, seed: int) -> None:
    log = product.edges[0].process.log
    before = log.stat().st_size
    hostile = [json.dumps(each.data).encode() for each in mutations({}, HELLO, seed, 30)]
    hostile += [raw for _, raw in texts(HELLO, seed)]

    async def closed(frame: bytes) -> int:
        async with connected(api) as socket:
            await socket.ws.send_frame(frame, 1)
            return await socket.closed(ANSWER_SECONDS)

    codes = await asyncio.gather(*map(closed, hostile))

    assert set(codes) <= {1007, 4401}, dict(zip(codes, hostile, strict=True))
    assert traces(log.read_bytes()[before:]) == []


BOMB: Final = zlib.compressobj(9, zlib.DEFLATED, -15)
PACKED: Final = BOMB.compress(b'{"kind":"ping","id":"' + b"x" * 50_000_000) + BOMB.flush(zlib.Z_SYNC_FLUSH)
# First byte, payload, and the code where there is one to expect.
Wire = tuple[int, bytes, int | None]
WIRE: Final[dict[str, Wire]] = {
    "a compressed bomb": (0xC1, PACKED[:-4], 1009),
    "compressed junk": (0xC1, b"\xff" * 100, 1002),
    "an unknown opcode": (0x83, b"x", 1002),
    "a reserved bit": (0xA1, b"x", 1002),
    "a long ping": (0x89, b"x" * 126, 1002),
    "a ping in pieces": (0x09, b"x", 1002),
    "a piece of nothing": (0x80, b"x", 1002),
    "text that is no UTF-8": (0x81, b'{"kind":"ping","id":"\xff"}', None),
    "a frame over its limit": (0x81, b" " * (1024 * 1024 + 1), 1009),
    "an empty frame": (0x81, b"", None),
    "a close of one byte": (0x88, b"\x03", 1002),
    "a close with a code that is none": (0x88, b"\x00\x01", None),
    "a close with a reason that is no UTF-8": (0x88, b"\x03\xe8\xff\xff", None),
}


@asynccontextmanager
async def raw_socket(api: Api, token: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A welcomed socket without a library, which compresses."""
    address = urlsplit(api.base_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        assert b"101" in await reader.readuntil(b"\r\n\r\n")
        writer.write(masked(0x81, json.dumps({"kind": "hello", "token": token, "client": "t"}).encode()))
        await frame_of(reader)
        yield reader, writer
    finally:
        writer.transport.abort()


def masked(first: int, payload: bytes) -> bytes:
    """A frame as a client sends it, under a mask of zeros."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size <= 0xFFFF:
        length = bytes([0xFE]) + struct.pack(">H", size)
    else:
        length = bytes([0xFF]) + struct.pack(">Q", size)
    return bytes([first]) + length + b"\0\0\0\0" + payload


async def frame_of(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next frame of the server: its first byte and its payload."""
    first, size = await reader.readexactly(2)
    if size == 126:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack(">Q", await reader.readexactly(8))
    return first, await reader.readexactly(size)


@pytest.mark.parametrize("wire", WIRE.values(), ids=WIRE)
async def test_what_is_hardly_websocket_closes_its_socket_with_a_code(
    product: Product, api: Api, mallory: str, wire: Wire
) -> None:
    first, payload, code = wire
    log = product.edges[0].process.log
    before = log.stat().st_size

    async with raw_socket(api, mallory) as (reader, writer), asyncio.timeout(ANSWER_SECONDS):
        writer.write(masked(first, payload) + masked(0x88, b"\x03\xe8"))
        while (heard := await frame_of(reader))[0] & 0x0F != 0x08:
            assert b'"internal"' not in heard[1]

    assert code is None or struct.unpack(">H", heard[1][:2]) == (code,)
    assert traces(log.read_bytes()[before:]) == []


@pytest.fixture(scope="module")
async def mallory(api: Api) -> str:
    """The token of somebody who writes frames by hand."""
    return (await register(api, "Mallory")).token
