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
    """The handshake; what follows on the connection belongs to `Wire`."""

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
        """Nothing: `Wire` has closed the socket by now, and aiohttp would do it again."""

    def take_over(self, request: web.Request, heard: Callable[[], None]) -> tuple[Any, "_Intake"]:
        """Put our intake before aiohttp's parser; returns the queue that the parser fills, and the intake."""
        intake = _Intake(self._parser, heard, deflate.Unmarking() if self.packs else None)
        # Private names of aiohttp, pinned to its minor version; `test_wire` sees it when they move.
        request.protocol._payload_parser = intake  # noqa: SLF001
        return self._reader, intake


class _Intake:
    """Passes bytes to the parser and notes that something was heard.

    After an error of the parser it swallows the rest, until the peer has heard the close code and hangs up.
    """

    __slots__ = ("_broken", "_heard", "_parser", "gone", "unmarking")

    def __init__(self, parser: Any, heard: Callable[[], None], unmarking: deflate.Unmarking | None) -> None:
        self._parser = parser
        self._heard = heard
        self.unmarking = unmarking
        self._broken = False
        self.gone = asyncio.Event()

    def feed_data(self, received: bytes) -> tuple[bool, bytes]:
        """Called by aiohttp with what the transport received."""
        self._heard()
        if not self._broken:
            plain = received if self.unmarking is None else self.unmarking.take(received)
            self._broken, _ = self._parser.feed_data(plain)
        return False, b""

    def feed_eof(self) -> None:
        """Called by aiohttp when the connection is gone."""
        self.gone.set()
        self._parser.feed_eof()


class Wire:
    """An open WebSocket.

    `queue_bytes` bounds what waits to be read by the peer; over it `on_slow` is called once. All methods but `read`
    and `send_paced` are plain and never raise.
    """

    def __init__(self, *, frame_bytes: int, queue_bytes: int, on_slow: Callable[[], None]) -> None:
        # A frame of exactly `max_msg_size` bytes is already too large for aiohttp.
        self._upgrade = _Upgrade(
            compress=False, autoping=False, autoclose=False, max_msg_size=frame_bytes + 1, decode_text=False
        )
        self._frame_bytes = frame_bytes
        self._queue_bytes = queue_bytes
        self._on_slow = on_slow
        self._paced_bytes = 0
        self._waiting: list[bytes] = []
        self._closing: asyncio.TimerHandle | None = None
        self.close_code: int | None = None
        self.heard_at = 0.0
        self.packs = False

    @property
    def response(self) -> web.StreamResponse:
        """What the handler returns to aiohttp."""
        return self._upgrade

    @property
    def closing(self) -> bool:
        """Whether a close frame is out or the connection gone: nothing is sent any more."""
        return self.close_code is not None or self._transport.is_closing()

    @property
    def behind(self) -> bool:
        """Whether more waits to be read by the peer than what is under way to anybody."""
        return bool(self._transport.get_write_buffer_size() > BEHIND_BYTES)

    async def open(self, request: web.Request) -> None:
        """Do the handshake. Raises aiohttp's HTTP errors for what is no WebSocket request."""
        self._loop = asyncio.get_running_loop()
        self._writer = await self._upgrade.prepare(request)
        if request.transport is None:
            raise ConnectionResetError("The peer is gone.")
        self._transport = request.transport
        self._hear()
        self.packs = self._upgrade.packs
        self._queue, self._intake = self._upgrade.take_over(request, self._hear)

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
                await self._intake.gone.wait()
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
        unmarking = self._intake.unmarking
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
        size = len(frame.packed if self.packs else frame.plain)
        self._paced_bytes += size
        try:
            self.write(frame)
            self._flush()
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()
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

    def _hear(self) -> None:
        self.heard_at = self._loop.time()

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


def _close_frame(code: int, reason: str) -> bytes:
    raw = reason.encode()[:MAX_REASON].decode("utf-8", "ignore").encode()
    return bytes((CLOSE_OPCODE, 2 + len(raw))) + int(code).to_bytes(2, "big") + raw
