"""permessage-deflate (RFC 7692) without a context that outlives a message, in either direction.

A socket that negotiated it holds no compressor and no decompressor: 300 KiB less than the usual two.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from edge.rooms.frames import PACKED, TAIL, WINDOW_BITS

EXTENSION: Final = "permessage-deflate"
ACCEPTED: Final = f"{EXTENSION}; server_no_context_takeover; client_no_context_takeover"
SERVER_WINDOW: Final = "server_max_window_bits"
CLIENT_WINDOW: Final = "client_max_window_bits"
FLAGS: Final = frozenset({"server_no_context_takeover", "client_no_context_takeover"})
WINDOWS: Final = frozenset(map(str, range(8, 16)))
LARGEST_WINDOW: Final = "15"
# A message may hold several deflate streams one after another, each with an end; nobody needs many.
STREAMS: Final = 8
LONGEST_HEADER: Final = 14
DATA_OPCODES: Final = frozenset({0x01, 0x02})


class Inflated(Exception):
    """A message is larger than it may be after inflation."""


class Broken(Exception):
    """A message that says it is compressed cannot be inflated."""


def accept(headers: Iterable[str]) -> str | None:
    """What is answered to `Sec-WebSocket-Extensions`: the first offer that can be met; None when there is none.

    An offer with a parameter that is unknown, doubled or of a wrong value is declined, and so is one that asks for a
    smaller window than that of the frames which all sockets share.
    """
    for offer in ",".join(headers).split(","):
        name, *parameters = (part.strip() for part in offer.split(";"))
        asked = dict(_pairs(parameters))
        if name != EXTENSION or len(asked) < len(parameters) or not all(map(_known, asked.items())):
            continue
        window = asked.get(SERVER_WINDOW)
        if window in (None, LARGEST_WINDOW):
            return ACCEPTED if window is None else f"{ACCEPTED}; {SERVER_WINDOW}={LARGEST_WINDOW}"
    return None


def inflate(packed: bytes, most: int) -> bytes:
    """What a compressed message says, at most `most` bytes; never more than that is unpacked.

    Raises Inflated or Broken.
    """
    found, rest = b"", packed + TAIL
    for _ in range(STREAMS):
        stream = zlib.decompressobj(WINDOW_BITS)
        try:
            found += stream.decompress(rest, most + 1 - len(found))
        except zlib.error as error:
            raise Broken(str(error)) from None
        if len(found) > most:
            raise Inflated
        if not stream.eof:
            return found
        rest = stream.unused_data
    raise Broken("It holds too many streams.")


class Unmarking:
    """Takes the mark of compression off the frames of a peer before the parser sees them, and remembers it.

    The parser would keep a decompressor for the life of the socket. `packed` has a value for each message begun and not
    yet read.
    """

    __slots__ = ("_head", "_left", "packed")

    def __init__(self) -> None:
        self._head = b""
        self._left = 0
        self.packed: list[bool] = []

    def take(self, received: bytes) -> bytes:
        """The same bytes, unmarked."""
        at, size, unmarked = 0, len(received), None
        while at < size:
            if self._left:
                step = min(self._left, size - at)
                self._left -= step
                at += step
                continue
            if not self._head and received[at] & 0x0F in DATA_OPCODES:
                marked = bool(received[at] & PACKED)
                self.packed.append(marked)
                if marked:
                    unmarked = bytearray(received) if unmarked is None else unmarked
                    unmarked[at] ^= PACKED
            head = self._head + received[at : at + LONGEST_HEADER - len(self._head)]
            measured = _measure(head)
            if measured is None:
                self._head = head
                break
            long, self._left = measured
            at += long - len(self._head)
            self._head = b""
        return received if unmarked is None else bytes(unmarked)


def _measure(head: bytes) -> tuple[int, int] | None:
    """The length of a frame's header and of its payload; None when more must be known."""
    if len(head) < 2:
        return None
    short = head[1] & 0x7F
    extended = {126: 2, 127: 8}.get(short, 0)
    long = 2 + extended + (4 if head[1] & 0x80 else 0)
    if len(head) < long:
        return None
    return long, int.from_bytes(head[2 : 2 + extended], "big") if extended else short


def _pairs(parameters: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        yield name.strip(), value.strip().strip('"') if equals else None


def _known(parameter: tuple[str, str | None]) -> bool:
    name, value = parameter
    if name in FLAGS:
        return value is None
    return (name == SERVER_WINDOW and value in WINDOWS) or (
        name == CLIENT_WINDOW and (value is None or value in WINDOWS)
    )
