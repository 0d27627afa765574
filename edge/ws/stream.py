"""The bytes of one WebSocket, from the moment of its handshake: aiohttp's request, its task and its parser are let go.

A request that lives as long as its socket holds 10 KiB: headers, tasks, timers, buffers. What stays of aiohttp here is the
parser of frames, written in C, and the flow control around it.
"""

import asyncio
from typing import Any, Final

from aiohttp import web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import WebSocketReader

from edge.ws.deflate import Unmarking

READ_AHEAD_BYTES: Final = 64 * 1024


class Stream(BaseProtocol):
    """A transport's protocol: feeds the parser, notes when something was heard, and knows when the peer is gone.

    After an error of the parser it swallows the rest, until the peer has heard the close code and hangs up.
    """

    __slots__ = ("_broken", "_gone", "_waiter", "_websocket", "heard_at", "queue", "unmarking")

    def __init__(self, loop: asyncio.AbstractEventLoop, frame_bytes: int, *, packs: bool) -> None:
        super().__init__(loop)
        # To `pause_reading`: there is no parser of HTTP to pause.
        self._upgraded = True
        self.queue = WebSocketDataQueue(self, READ_AHEAD_BYTES, loop=loop)
        # A frame of exactly `max_msg_size` bytes is already too large for aiohttp.
        self._websocket = WebSocketReader(self.queue, frame_bytes + 1, compress=False, decode_text=False)
        self.unmarking = Unmarking() if packs else None
        self.heard_at = loop.time()
        self._broken = False
        self._gone = False
        self._waiter: asyncio.Future[None] | None = None

    def take_over(self, request: web.BaseRequest) -> None:
        """Become the protocol of a request's transport; aiohttp's own is told that its connection is lost.

        Raises ConnectionResetError when the peer is gone.
        """
        # Private names of aiohttp, pinned to its minor version; `test_wire` sees it when they move.
        before: Any = request.protocol
        transport = before.transport
        if transport is None:
            raise ConnectionResetError("The peer is gone.")
        self.transport = transport
        transport.set_protocol(self)
        before.transport = None
        early, before._message_tail = before._message_tail, b""  # noqa: SLF001 - aiohttp, its minor version is pinned
        before.connection_lost(None)
        if early:
            self.data_received(early)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self.heard_at = self._loop.time()
        if not self._broken:
            plain = data if self.unmarking is None else self.unmarking.take(data)
            self._broken, _ = self._websocket.feed_data(plain)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See `asyncio.Protocol`."""
        super().connection_lost(exc)
        self._gone = True
        self._websocket.feed_eof()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def until_gone(self) -> None:
        """Wait for the end of the connection."""
        if not self._gone:
            self._waiter = self._loop.create_future()
            await self._waiter

    async def drain(self) -> None:
        """Wait until the peer has read most of what is under way. Raises ConnectionError when it is gone."""
        await self._drain_helper()
