"""RFC 6455 text frames of a server."""

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from edge.rooms.frames import encode_text


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 1_000_000])
async def test_a_client_reads_a_frame_that_was_written_as_it_is(size: int) -> None:
    text = "я" * (size // 2) + "x" * (size % 2)

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        request.transport.write(encode_text(text.encode()) + encode_text(b"next"))
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestClient(TestServer(app)) as client, client.ws_connect("/", max_msg_size=0) as socket:
        first, second = await socket.receive(timeout=10), await socket.receive(timeout=10)

    assert (first.type, first.data, second.data) == (WSMsgType.TEXT, text, "next")


def test_the_length_is_in_its_shortest_form() -> None:
    assert encode_text(b"x" * 125)[:2] == b"\x81\x7d"
    assert encode_text(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert encode_text(b"x" * 65536)[:10] == b"\x81\x7f" + (65536).to_bytes(8, "big")
