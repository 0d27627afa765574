"""One WebSocket on aiohttp: its handshake and parser, with writing and closing of our own.

aiohttp's own `close` hangs up at once when the peer has more under way (a reset, and the peer never learns the code), its
heartbeat ends with 1006, and a send is a coroutine. Here frames are written to the transport as they are, and a closed
socket swallows what still comes until the peer has answered, or some seconds have passed.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

from aiohttp import EofStream, WebSocketError, WSMessage, WSMsgType, hdrs, web
from aiohttp.http import WSMessageTextBytes
from aiohttp.web import BaseRequest

from edge.rooms.frames import Prepared, encode_text
from edge.ws import deflate
from edge.ws.close_codes import CloseCode
from edge.ws.stream import Stream

CLOSE_OPCODE: Final = 0x88
PONG_OPCODE: Final = 0x8A
PING_FRAME: Final = b"\x89\x00"
# A control frame holds 125 bytes; two of them are the code.
MAX_REASON: Final = 123
LINGER_SECONDS: Final = 5.0
BEHIND_BYTES: Final = 64 * 1024
# What may not stand in a close frame (RFC 6455, 7.4.1): such a code is answered with a plain goodbye.
DATA: Final = frozenset({WSMsgType.TEXT, WSMsgType.BINARY})
UNSENDABLE: Final = frozenset({0, 1004, 1005, 1006, 1015})

Message = WSMessage | WSMessageTextBytes


class _Upgrade(web.WebSocketResponse):
    """The handshake; what follows on the connection belongs to `Wire` and its `Stream`."""

    def __init__(self, frame_bytes: int) -> None:
        super().__init__(compress=False)
        self.frame_bytes = frame_bytes
        self.stream: Stream

    def _handshake(self, request: BaseRequest) -> Any:
        # aiohttp's own compression keeps two contexts for each socket: it never learns that there is any.
        headers, protocol, compress, takeover = super()._handshake(request)
        accepted = deflate.accept(request.headers.getall(hdrs.SEC_WEBSOCKET_EXTENSIONS, ()))
        if accepted is not None:
            headers[hdrs.SEC_WEBSOCKET_EXTENSIONS] = accepted
        return headers, protocol, compress, takeover

    @property
    def packs(self) -> bool:
        """Whether compressed messages may be sent and received."""
        return hdrs.SEC_WEBSOCKET_EXTENSIONS in self.headers

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing: the connection is not aiohttp's any more."""

    def _post_start(self, request: BaseRequest, _protocol: str | None, _writer: Any) -> None:
        """Leave aiohttp, which would put its own parser and queue here."""
        self.stream = Stream(request.protocol._loop, self.frame_bytes, packs=self.packs)  # noqa: SLF001 - the same
        self.stream.take_over(request)


class Wire:
    """An open WebSocket.

    `queue_bytes` bounds what waits to be read by the peer; over it `on_slow` is called once. All methods but `read`
    and `send_paced` are plain and never raise.
    """

    __slots__ = (
        "_closing",
        "_frame_bytes",
        "_loop",
        "_on_slow",
        "_paced_bytes",
        "_queue",
        "_queue_bytes",
        "_stream",
        "_transport",
        "_waiting",
        "close_code",
        "packs",
    )

    def __init__(self, *, frame_bytes: int, queue_bytes: int, on_slow: Callable[[], None]) -> None:
        self._frame_bytes = frame_bytes
        self._queue_bytes = queue_bytes
        self._on_slow = on_slow
        self._paced_bytes = 0
        self._waiting: list[bytes] = []
        self._closing: asyncio.TimerHandle | None = None
        self.close_code: int | None = None
        self.packs = False

    @property
    def heard_at(self) -> float:
        """The loop's time when the peer was heard for the last time."""
        return self._stream.heard_at

    @property
    def closing(self) -> bool:
        """Whether a close frame is out or the connection gone: nothing is sent any more."""
        return self.close_code is not None or self._transport.is_closing()

    @property
    def behind(self) -> bool:
        """Whether more waits to be read by the peer than what is under way to anybody."""
        return bool(self._transport.get_write_buffer_size() > BEHIND_BYTES)

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Do the handshake; returns what the handler returns to aiohttp, at once: the socket does not need it any more.

        Raises aiohttp's HTTP errors for what is no WebSocket request.
        """
        self._loop = asyncio.get_running_loop()
        upgrade = _Upgrade(self._frame_bytes)
        await upgrade.prepare(request)
        self.packs = upgrade.packs
        self._stream = upgrade.stream
        self._queue = self._stream.queue
        if self._stream.transport is None:
            raise ConnectionResetError("The peer is gone.")
        self._transport = self._stream.transport
        return upgrade

    async def read(self) -> Message | None:
        """The next message, pings and pongs too; None when the connection is over.

        A frame over its limit, or what is no WebSocket at all, closes the socket; so does the peer's close.
        """
        while True:
            try:
                message: Message = await self._queue.read()
            except WebSocketError as error:
                # The parser is broken for good: only the end of the connection can still be seen.
                self.close(error.code, str(error))
                await self._stream.until_gone()
                self._gone()
                return None
            except (EofStream, OSError):
                self._gone()
                return None
            if message.type is WSMsgType.CLOSE:
                self._answer_close(message.data)
                return None
            if self.close_code is None and (inflated := self._inflated(message)) is not None:
                return inflated

    def _inflated(self, message: Message) -> Message | None:
        """The message as its sender meant it; None when it was too much, or nothing."""
        unmarking = self._stream.unmarking
        if unmarking is None or message.type not in DATA or not unmarking.packed.pop(0):
            return message
        try:
            said = deflate.inflate(message.data, self._frame_bytes)
        except deflate.Inflated:
            self.close(CloseCode.TOO_LARGE, f"A frame has at most {self._frame_bytes} bytes after inflation.")
        except deflate.Broken as error:
            self.close(CloseCode.PROTOCOL, f"A compressed frame cannot be read: {error}")
        else:
            return message._replace(data=said)
        return None

    def send(self, payload: bytes) -> None:
        """Send a text frame with what else is sent in this turn of the loop, in one write."""
        self._queue_up(encode_text(payload))

    def write(self, frame: Prepared) -> None:
        """Send a prebuilt frame now, in the form that this socket takes; after what waits."""
        raw = frame.packed if self.packs else frame.plain
        if self._waiting:
            self._queue_up(raw)
        else:
            self._write(raw)

    async def send_paced(self, frame: Prepared) -> None:
        """Send a prebuilt frame and return when the peer has read most of what is under way.

        What is sent so does not count for the queue.
        """
        if self.closing:
            return
        # A page of a replay takes milliseconds to compress, and a thousand clients may come back at once.
        raw = await asyncio.to_thread(_packed, frame) if self.packs else frame.plain
        if self.closing:
            return
        size = len(raw)
        self._paced_bytes += size
        try:
            self.write(frame)
            self._flush()
            with contextlib.suppress(ConnectionError):
                await self._stream.drain()
        finally:
            self._paced_bytes -= size

    def ping(self) -> None:
        """Ask the peer for a sign of life."""
        self._queue_up(PING_FRAME)

    def pong(self, asked: bytes) -> None:
        """Answer a ping of the peer."""
        self._queue_up(bytes((PONG_OPCODE, len(asked))) + asked)

    def close(self, code: int, reason: str = "") -> None:
        """Send what waits and a close frame; the first code counts. The peer has some seconds to answer."""
        if self.closing:
            return
        self._end(code, reason)
        self._closing = self._loop.call_later(LINGER_SECONDS, self.abort)

    def abort(self) -> None:
        """Hang up, whatever is still under way."""
        self._transport.abort()
        self._gone()

    def _answer_close(self, code: Any) -> None:
        if self.close_code is None:
            answer = code if isinstance(code, int) and code not in UNSENDABLE else CloseCode.NORMAL
            self._end(answer, "")
        self._transport.close()
        self._gone()

    def _gone(self) -> None:
        if self.close_code is None:
            self.close_code = 1006
        if self._closing is not None:
            self._closing.cancel()

    def _queue_up(self, frame: bytes) -> None:
        if self.closing:
            return
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(frame)

    def _flush(self) -> None:
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            self._write(b"".join(waiting))

    def _write(self, raw: bytes) -> None:
        if self.closing:
            return
        self._put(raw)
        if self._transport.get_write_buffer_size() > self._queue_bytes + self._paced_bytes:
            self._on_slow()

    def _end(self, code: int, reason: str) -> None:
        waiting, self._waiting = self._waiting, []
        self._put(b"".join((*waiting, _close_frame(code, reason))))
        self.close_code = code

    def _put(self, raw: bytes) -> None:
        # uvloop raises RuntimeError for a handle that died in this very turn; the reader learns it next.
        with contextlib.suppress(RuntimeError):
            self._transport.write(raw)


def _packed(frame: Prepared) -> bytes:
    return frame.packed


def _close_frame(code: int, reason: str) -> bytes:
    raw = reason.encode()[:MAX_REASON].decode("utf-8", "ignore").encode()
    return bytes((CLOSE_OPCODE, 2 + len(raw))) + int(code).to_bytes(2, "big") + raw
