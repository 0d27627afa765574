"""Whoever joins a group waits for its other members; for everything else a broker has its answer at once.

aiokafka has one limit for all of its requests. One that is long enough for a rebalance keeps a consumer for as long at a
machine that lost its power: once for its answer and once more for a new connection.
"""

from functools import wraps
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest

JOINS = (JoinGroupRequest, SyncGroupRequest)


def wait_for_the_others(connection: type[AIOKafkaConnection], seconds: float) -> None:
    """Have these connections wait so long for the answer to a join, whatever their limit for the rest is."""
    send = connection.send

    @wraps(send)
    def sent(self: AIOKafkaConnection, request: Any, expect_response: bool = True) -> Any:
        usual = self._request_timeout
        if isinstance(request, JOINS):
            self._request_timeout = max(usual, seconds)
        try:
            return send(self, request, expect_response)
        finally:
            self._request_timeout = usual

    connection.send = sent
