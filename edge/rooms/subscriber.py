"""One pub/sub connection to Redis that comes back by itself and says so.

redis-py's own PubSub resubscribes in silence; here a lost connection must be known, because what was published
meanwhile is gone and every room has to be compared with its state.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

PING_SECONDS = 5.0
SILENCE_SECONDS = 15.0
# While messages come. What is asked may stand behind as many of them as we are late with; or it does not arrive at all,
# and then nobody can join a room.
UNANSWERED_SECONDS = 30.0
# To be connected and greeted: redis-py limits the first alone, and a server that went away in between never answers.
GREETED_SECONDS = 5.0
RECONNECT_SECONDS = (0.05, 1.0)  # first wait, longest wait
AWAY = (RedisError, OSError, TimeoutError)

OnMessage = Callable[[str, bytes], None]
OnConnected = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


class Subscriber:
    """Channels of one server.

    Args:
        redis: says where the server is.
        on_message: called for every message with channel and payload, in the order of arrival; must not raise.
        on_connected: called once per connection, when all channels are subscribed again.
    """

    def __init__(self, redis: Redis, on_message: OnMessage, on_connected: OnConnected) -> None:
        self._pool = redis.connection_pool
        self._on_message = on_message
        self._on_connected = on_connected
        self._channels: set[str] = set()
        self._confirmations: dict[str, deque[asyncio.Future[None]]] = {}
        self._connection: AbstractConnection | None = None
        self._heard_at = 0.0
        self._answered_at = 0.0
        self.connections = 0

    @property
    def connected(self) -> bool:
        """Whether messages arrive."""
        return self._connection is not None

    async def run(self) -> None:
        """Keep a connection until cancelled."""
        wait, longest = RECONNECT_SECONDS
        while True:
            connection = self._make()
            try:
                async with asyncio.timeout(GREETED_SECONDS):
                    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py has half its types
                log.info("listening to rooms", connection=self.connections + 1)
                wait = RECONNECT_SECONDS[0]
                await self._serve(connection)
            except* AWAY as errors:
                log.warning("rooms cannot be heard", reason=repr(errors.exceptions[0]), again_in=wait)
            finally:
                self._forget(connection)
                with contextlib.suppress(*AWAY):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(wait)
            wait = min(wait * 2, longest)

    async def subscribe(self, *channels: str) -> None:
        """Return when messages of the channels arrive. Raises ConnectionError when there is no connection or it breaks."""
        self._channels.update(channels)
        await asyncio.gather(*await self._ask("SUBSCRIBE", channels))

    async def unsubscribe(self, *channels: str) -> None:
        """Stop listening; messages that are on their way still arrive."""
        self._channels.difference_update(channels)
        if self._connection is not None:
            with contextlib.suppress(*AWAY):
                await self._send(self._connection, "UNSUBSCRIBE", *channels)

    def _make(self) -> AbstractConnection:
        options = self._pool.connection_kwargs | {
            # RESP2: a pub/sub connection knows three kinds of answer and no push frames.
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
            "health_check_interval": 0,
            "socket_timeout": None,
        }
        return self._pool.connection_class(**options)

    async def _serve(self, connection: AbstractConnection) -> None:
        self._heard_at = self._answered_at = asyncio.get_running_loop().time()
        self._connection = connection
        self.connections += 1
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(connection))
            group.create_task(self._ping(connection))
            group.create_task(self._resume())

    async def _resume(self) -> None:
        await asyncio.gather(*await self._ask("SUBSCRIBE", tuple(self._channels)))
        await self._on_connected()

    async def _read(self, connection: AbstractConnection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            answer: Any = await connection.read_response(timeout=math.inf)
            self._heard_at = loop.time()
            if isinstance(answer, list) and answer[0] == b"message":
                _, channel, content = answer
                self._on_message(channel.decode(), content)
                continue
            self._answered_at = self._heard_at
            if not isinstance(answer, list):
                continue  # an answer to PING while nothing is subscribed
            kind, channel = answer[0], answer[1]
            if kind == b"subscribe":
                self._confirm(channel.decode())

    async def _ping(self, connection: AbstractConnection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_SECONDS)
            if loop.time() - self._heard_at > SILENCE_SECONDS:
                raise TimeoutError("Redis is silent")
            if loop.time() - self._answered_at > UNANSWERED_SECONDS:
                raise TimeoutError("Redis tells and does not answer")
            await self._send(connection, "PING")

    async def _ask(self, command: str, channels: Iterable[str]) -> list[asyncio.Future[None]]:
        connection = self._connection
        if connection is None:
            raise ConnectionError("there is no connection to Redis")
        channels = tuple(channels)
        if not channels:
            return []
        asked = [asyncio.get_running_loop().create_future() for _ in channels]
        for channel, future in zip(channels, asked, strict=True):
            self._confirmations.setdefault(channel, deque()).append(future)
        await self._send(connection, command, *channels)
        return asked

    async def _send(self, connection: AbstractConnection, *words: str) -> None:
        # redis-py would connect anew in silence, to a server that knows nothing of our channels.
        if not connection.is_connected:
            raise ConnectionError("the connection to Redis was lost")
        try:
            await connection.send_packed_command(connection.pack_command(*words), check_health=False)
        except RuntimeError as error:
            # uvloop's word for a closed transport.
            raise ConnectionError(str(error)) from error

    def _confirm(self, channel: str) -> None:
        # The server confirms in the order in which it was asked.
        waiting = self._confirmations[channel]
        first = waiting.popleft()
        if not waiting:
            del self._confirmations[channel]
        if not first.done():
            first.set_result(None)

    def _forget(self, connection: AbstractConnection) -> None:
        if self._connection is connection:
            self._connection = None
        lost, self._confirmations = self._confirmations, {}
        for waiting in lost.values():
            for future in waiting:
                if not future.done():
                    future.set_exception(ConnectionError("the connection to Redis was lost"))
                    future.exception()  # whoever waited may be gone
