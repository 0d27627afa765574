"""A store that is slow, silent or cuts off: progress is waited for, the rest ends in time and holds no thread."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import pytest

from topics.runtime import patience
from topics.runtime.object_store import ObjectStore, ObjectStoreAway
from topics.runtime.patience import Patience
from topics.runtime.settings import Settings

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHORT: Final = Patience(connect_seconds=0.3, silent_seconds=0.6, attempts=1)
# Silent for longer than this machine ever keeps a byte back, so that it is the bytes which are too few.
SLOW: Final = Patience(connect_seconds=0.3, silent_seconds=2.0, attempts=1)
# A piece that waits longer than to connect ends a call by the client's own timeouts.
UNHURRIED: Final = Patience(connect_seconds=1.0, silent_seconds=0.2, attempts=1)
LIMIT_SECONDS: Final = 30


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[Settings]:
    """A server that answers the head of every request so, a request a connection."""
    busy: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            busy.discard(task)
            writer.transport.abort()

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    server = await asyncio.start_server(one, sock=listening, limit=4096)
    port = listening.getsockname()[1]
    try:
        yield Settings(s3_endpoint=f"http://127.0.0.1:{port}", s3_access_key="us")
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        await server.wait_closed()


async def test_a_store_that_lets_a_byte_through_now_and_then_is_away_and_holds_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "LEAST_BYTES_SECOND", 10_000_000)

    async def trickle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with answering(trickle) as settings, ObjectStore(settings, threads=1, patience=SLOW) as store:
        async with asyncio.timeout(LIMIT_SECONDS):
            for _ in range(2):
                with pytest.raises(ObjectStoreAway, match="too little at a time"):
                    await store.get("a")


async def test_an_answer_that_is_cut_off_in_its_body_means_later() -> None:
    async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50_000)
        await writer.drain()

    async with answering(cut) as settings, ObjectStore(settings, patience=SHORT) as store:
        with pytest.raises(ObjectStoreAway):
            await store.get("a")


async def test_an_answer_that_is_no_answer_of_a_store_means_later() -> None:
    async def page(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<p>Be patient<br>")
        await writer.drain()

    async with answering(page) as settings, ObjectStore(settings, patience=SHORT) as store:
        with pytest.raises(ObjectStoreAway):
            [each async for each in store.list("a")]


async def test_a_silent_store_keeps_nobody_longer_than_was_said_also_those_who_wait_for_a_thread() -> None:
    async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with answering(silence) as settings, ObjectStore(settings, threads=1, patience=SHORT) as store:
        async with asyncio.timeout(LIMIT_SECONDS):
            told = await asyncio.gather(*(store.get(str(n), length=1) for n in range(20)), return_exceptions=True)

    assert {type(each) for each in told} == {ObjectStoreAway}


async def test_an_upload_that_the_store_hardly_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LEAST_BYTES_SECOND", 1_000_000_000)

    async def hardly(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):  # noqa: ASYNC110 - a server at its own pace
            await asyncio.sleep(0.01)

    async with answering(hardly) as settings, ObjectStore(settings, threads=1, patience=UNHURRIED) as store:
        async with asyncio.timeout(LIMIT_SECONDS):
            for _ in range(2):
                with pytest.raises(ObjectStoreAway):
                    await store.put("a", b"x" * 8_000_000)
