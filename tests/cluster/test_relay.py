"""The wire itself does what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.relay import Relay, relayed

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A part that answers with what it was sent; its address, and what arrived there."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            heard.append(piece)
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


@asynccontextmanager
async def wired(relay: Relay) -> AsyncIterator[Ends]:
    """A connection by way of the relay."""
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def asked(ends: Ends, word: bytes) -> bytes:
    """Say a word and read the echo."""
    reader, writer = ends
    writer.write(word)
    async with asyncio.timeout(30):
        return await reader.readexactly(len(word))


async def silence(ends: Ends) -> None:
    """See that nothing comes for a moment."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ends[0].read(1)


async def until_heard(heard: list[bytes], word: bytes) -> None:
    """Wait until the part has heard a word."""
    async with asyncio.timeout(30):
        while word not in b"".join(heard):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


async def test_what_is_silent_one_way_still_passes_the_other() -> None:
    async with echo() as (address, heard), relayed(address) as relay, wired(relay) as ends:
        assert await asked(ends, b"before") == b"before"

        await relay.set("silent", way="down")
        ends[1].write(b"unanswered")
        await until_heard(heard, b"unanswered")
        await silence(ends)
        await relay.set("silent", way="up")
        assert await ends[0].readexactly(10) == b"unanswered"
        ends[1].write(b"unheard")
        await silence(ends)
        assert b"unheard" not in b"".join(heard)
        await relay.set("open")

        assert await ends[0].readexactly(7) == b"unheard"


async def test_a_connection_can_be_made_while_one_way_is_left() -> None:
    async with echo() as (address, heard), relayed(address) as relay:
        await relay.set("silent", way="down")
        async with wired(relay) as ends:
            ends[1].write(b"hello")
            await until_heard(heard, b"hello")
            await silence(ends)
            await relay.set("open")

            assert await ends[0].readexactly(5) == b"hello"


async def test_what_is_late_comes_in_order_and_whole_also_when_it_is_late_no_longer() -> None:
    async with echo() as (address, _), relayed(address) as relay, wired(relay) as ends:
        loop = asyncio.get_running_loop()
        await relay.set("late", late_seconds=0.1)
        begun = loop.time()
        assert await asked(ends, b"first") == b"first"
        assert loop.time() - begun >= 0.15

        ends[1].write(b"second ")
        await asyncio.sleep(0.02)
        await relay.set("open")

        assert await asked(ends, b"third") + await ends[0].readexactly(7) == b"second third"


async def test_a_forgotten_connection_stays_silent_and_a_new_one_works() -> None:
    async with echo() as (address, _), relayed(address) as relay, wired(relay) as old:
        assert await asked(old, b"before") == b"before"

        relay.forget()
        old[1].write(b"lost")
        async with wired(relay) as new:
            assert await asked(new, b"after") == b"after"

        await silence(old)
