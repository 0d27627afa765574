"""Nodes that die while a client writes to them cost it a connection and nothing else, on the loop that servers run on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from topics.bus import clients
from topics.bus.tests.nodes import nodes

LIMIT_SECONDS = 30.0
ASK_MS = 2000
# How many turns lie between the deaths of two nodes: the one's end is what has the client ask the other.
TURNS = range(12)


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
        for turns in (*TURNS, *TURNS):
            await lose(turns)

    await on_uvloop(lose_in_every_way)
