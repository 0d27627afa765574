"""Nodes that die while a client writes to them cost it a connection and nothing else, on the loop that servers run on."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from topics.bus import clients

LIMIT_SECONDS = 30.0
ASK_MS = 2000
API_VERSIONS = 18
# It knows its own versions, and metadata up to version 5.
VERSIONS = struct.pack(">hi", 0, 2) + struct.pack(">hhh", API_VERSIONS, 0, 0) + struct.pack(">hhh", 3, 0, 5)
# An end without a goodbye: what a killed process leaves where something was still to be read.
AT_ONCE = struct.pack("ii", 1, 0)
# How many turns lie between the deaths of two nodes: the one's end is what has the client ask the other.
TURNS = range(12)


class Nodes:
    """Stand-ins for brokers that know nothing but each other."""

    def __init__(self) -> None:
        self._servers: list[asyncio.Server] = []
        self._wires: list[list[asyncio.StreamWriter]] = []
        self.ports: list[int] = []

    async def start(self) -> None:
        """One more."""
        mine: list[asyncio.StreamWriter] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            mine.append(writer)
            try:
                while True:
                    (size,) = struct.unpack(">i", await reader.readexactly(4))
                    key, _, number = struct.unpack(">hhi", (await reader.readexactly(size))[:8])
                    said = struct.pack(">i", number) + (VERSIONS if key == API_VERSIONS else self._metadata())
                    writer.write(struct.pack(">i", len(said)) + said)
            except (asyncio.IncompleteReadError, OSError, RuntimeError):
                writer.transport.abort()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.ports.append(server.sockets[0].getsockname()[1])
        self._servers.append(server)
        self._wires.append(mine)

    def die(self, number: int) -> None:
        """End it and its connections, from one moment to the next."""
        self._servers[number].close()
        wires = self._wires[number]
        while wires:
            wire = wires.pop()
            if not wire.transport.is_closing():
                wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                wire.transport.abort()

    def _metadata(self) -> bytes:
        brokers = [struct.pack(">ih9sih", number, 9, b"127.0.0.1", port, -1) for number, port in enumerate(self.ports)]
        return struct.pack(">ii", 0, len(brokers)) + b"".join(brokers) + struct.pack(">hii", -1, 0, 0)


@asynccontextmanager
async def nodes(count: int) -> AsyncIterator[Nodes]:
    """So many."""
    started = Nodes()
    for _ in range(count):
        await started.start()
    try:
        yield started
    finally:
        for number in range(count):
            started.die(number)


async def on_uvloop(test: Callable[[], Awaitable[None]]) -> None:
    """Run it in a thread on a loop of its own: the session's is asyncio's."""

    async def limited() -> None:
        async with asyncio.timeout(LIMIT_SECONDS):
            await test()

    def alone() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(limited())

    await asyncio.to_thread(alone)


async def ask_on(connection: AIOKafkaConnection, asked: list[asyncio.Future[object]]) -> None:
    """Ask in every turn."""
    while True:
        asked.append(asyncio.ensure_future(connection.send(MetadataRequest([]))))
        await asyncio.sleep(0)


async def test_what_is_written_to_a_connection_that_just_died_says_that_it_broke() -> None:
    assert clients  # every client of ours has it from there
    why: list[CloseReason] = []

    async def write() -> None:
        async with nodes(1) as alone:
            connection = await create_conn(
                "127.0.0.1", alone.ports[0], request_timeout_ms=ASK_MS, on_close=lambda _, reason: why.append(reason)
            )
            alone.die(0)
            asked: list[asyncio.Future[object]] = []
            with pytest.raises(KafkaConnectionError):
                await ask_on(connection, asked)
            assert not connection.connected()
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(each) for each in outcomes} <= {KafkaConnectionError}

    await on_uvloop(write)

    assert why == [CloseReason.CONNECTION_BROKEN]


async def test_a_client_whose_nodes_die_one_turn_after_the_other_goes_on_learning_who_leads() -> None:
    async def lose(turns: int) -> None:
        async with nodes(3) as three:
            client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{three.ports[0]}", request_timeout_ms=ASK_MS)
            await client.bootstrap()
            for number in range(3):
                assert await client.ready(number)
            three.die(1)
            for _ in range(turns):
                await asyncio.sleep(0)
            three.die(2)

            for _ in range(30):
                assert await client.force_metadata_update()

            await client.close()

    async def lose_in_every_way() -> None:
        for turns in (*TURNS, *TURNS, *TURNS):
            await lose(turns)

    await on_uvloop(lose_in_every_way)
