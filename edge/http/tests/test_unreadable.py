"""What is no HTTP is refused like everything else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import pytest
from aiohttp import web

from edge.http.unreadable import EdgeRunner
from topics.runtime import metrics


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async with served() as found:
        yield found


@asynccontextmanager
async def served(**options: Any) -> AsyncIterator[int]:
    """The port of a server that says what it hears."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_post("/", echo)
    runner = EdgeRunner(app, access_log=None, **options)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def said(port: int, raw: bytes) -> bytes:
    """What the server says to these bytes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "raw",
    [
        b"NONSENSE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_what_cannot_be_read_is_a_problem(port: int, raw: bytes) -> None:
    head, _, body = (await said(port, raw)).partition(b"\r\n\r\n")

    problem = orjson.loads(body)
    assert b" 400 " in head.partition(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert (problem["code"], problem["status"], problem["errors"]) == ("malformed", 400, [])


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1", b"POST /nowhere HTTP/1.1", b"GET / HTTP/1.1"])
async def test_what_the_library_refuses_itself_is_a_problem_and_repeats_nothing(port: int, line: bytes) -> None:
    raw = line + b"\r\nHost: x\r\nConnection: close\r\nExpect: <b>the-moon</b>\r\n\r\n"

    head, _, body = (await said(port, raw)).partition(b"\r\n\r\n")

    problem = orjson.loads(body)
    assert b" 400 " in head.partition(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert (problem["code"], problem["status"], problem["errors"]) == ("malformed", 400, [])
    assert b"moon" not in head + body


async def test_what_can_be_read_is_served(port: int) -> None:
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"

    assert (await said(port, raw)).endswith(b"\r\n\r\nhi")


async def test_who_hangs_up_in_the_middle_of_a_body_leaves_no_traceback(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhi")
        await writer.drain()
        writer.transport.abort()
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"

    assert (await said(port, raw)).endswith(b"\r\n\r\nhi")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_head_that_does_not_come_ends_its_connection(begun: bytes) -> None:
    async with served(keepalive_timeout=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        async with asyncio.timeout(30):
            while not reader.at_eof():
                # A byte now and then does not help.
                writer.write(b"x" * bool(begun))
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.read(), 0.05)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_connection_too_many_is_cut_off_and_those_that_are_there_are_served() -> None:
    before = metrics.CONNECTIONS_REFUSED._value.get()
    async with served(most=4, sockets=["a socket"]) as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        late_reader, late_writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(30):
            with suppress(ConnectionError):
                assert await late_reader.read() == b""
            late_writer.close()
            for reader, writer in kept:
                writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
                assert (await reader.read()).endswith(b"\r\n\r\nhi")
                writer.close()
        raw = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nho"

        assert metrics.CONNECTIONS_REFUSED._value.get() == before + 1
        assert (await said(port, raw)).endswith(b"\r\n\r\nho")
