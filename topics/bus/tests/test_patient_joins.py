"""A join is waited for as long as the group may take, and nothing else is."""

import asyncio

import pytest
from aiokafka.conn import create_conn
from aiokafka.protocol.group import JoinGroupRequest
from aiokafka.protocol.transaction import InitProducerIdRequest

from topics.bus.clients import REBALANCE_MS
from topics.bus.tests.nodes import nodes

JOIN = JoinGroupRequest("a_group", 6000, REBALANCE_MS, "", "", "consumer", [("range", b"")])


async def test_a_join_outlasts_what_else_a_node_does_not_answer() -> None:
    async with nodes(1) as silent:
        connection = await create_conn("127.0.0.1", silent.ports[0], request_timeout_ms=200)
        joining = asyncio.ensure_future(connection.send(JOIN))

        with pytest.raises(TimeoutError):
            await connection.send(InitProducerIdRequest("", 1000))

        assert not joining.done()
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        connection.close()
