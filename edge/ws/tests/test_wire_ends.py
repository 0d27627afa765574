"""How a wire ends, whoever ends it, and clients who do not read or do not speak."""

import asyncio

import pytest
from aiohttp import WSMessage, WSMsgType

from edge.rooms.frames import SharedFrame
from edge.ws.pulse import Pulse
from edge.ws.tests.wired import (
    LIMIT_SECONDS,
    client,
    ended,
    nothing,
    on_both_loops,
    server,
    unread,
)
from edge.ws.wire import Wire


@on_both_loops
async def test_a_server_side_close_reaches_a_client_that_is_still_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    # How long a client may go on is not what this is about.
    monkeypatch.setattr("edge.ws.wire.LINGER_SECONDS", LIMIT_SECONDS)

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
        Pulse(wire, ping_seconds=0.1, dead_seconds=1.05)

    seen: list[WSMessage] = []
    async with server(silent) as (url, served), client(url, autoping=False, autoclose=False) as ws:
        while not seen or seen[-1].type is WSMsgType.PING:
            seen.append(await ws.receive(timeout=LIMIT_SECONDS))
        await ws.close()
        await ended(served)

    # On a busy machine a beat may be late, but none comes early.
    assert 1 <= len(seen[:-1]) <= 10
    assert (seen[-1].type, seen[-1].data) == (WSMsgType.CLOSE, 1001)


@on_both_loops
async def test_any_sign_of_life_keeps_a_socket_open() -> None:
    async def alive(wire: Wire) -> None:
        Pulse(wire, ping_seconds=0.1, dead_seconds=1.5)

    async with server(alive) as (url, served), client(url, autoping=False) as ws:
        for _ in range(18):
            assert (await ws.receive(timeout=LIMIT_SECONDS)).type is WSMsgType.PING
            await ws.pong()
        assert not served.wire.closing
