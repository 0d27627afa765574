"""RFC 6455 text frames of a server: built once, compressed once (RFC 7692), and written to many sockets.

Every message is compressed by itself (`server_no_context_takeover`), so the same compressed bytes fit every socket that
negotiated it, and no socket needs a compressor of its own.
"""

import zlib
from typing import Final, Protocol

FINAL_TEXT: Final = 0x81
PACKED: Final = 0x40
SMALL: Final = 126
MEDIUM: Final = 1 << 16
# What a flush ends with, and a compressed message leaves out (RFC 7692, 7.2.1).
TAIL: Final = b"\x00\x00\xff\xff"
WINDOW_BITS: Final = -15
# A compressor costs 10 us and more; a single move or ack gains nothing.
PACKED_FROM: Final = 400
# An op's frame of 1 KB: level 1 takes 11-24 us and leaves 63 %, level 6 leaves 62 %. A tick's of 8 KB: 26 us and 26 %.
LEVEL: Final = 1


LONGEST_STORED: Final = 0xFFFF


class Prepared(Protocol):
    """A whole frame in the two forms that sockets take."""

    @property
    def plain(self) -> bytes:
        """For every socket."""

    @property
    def packed(self) -> bytes:
        """For sockets that negotiated permessage-deflate."""


class SharedFrame:
    """One message in both forms; each is built when the first socket asks for it.

    With `pack` false all sockets get it as it is.
    """

    __slots__ = ("_pack", "_packed", "_plain", "payload")

    def __init__(self, payload: bytes, *, pack: bool = True) -> None:
        self.payload = payload
        self._pack = pack and len(payload) >= PACKED_FROM
        self._plain: bytes | None = None
        self._packed: bytes | None = None

    @property
    def plain(self) -> bytes:
        """For every socket."""
        if self._plain is None:
            self._plain = encode_text(self.payload)
        return self._plain

    @property
    def packed(self) -> bytes:
        """For sockets that negotiated permessage-deflate: compressed where that makes it shorter."""
        if self._packed is None:
            self._packed = self._shorter() if self._pack else self.plain
        return self._packed

    def _shorter(self) -> bytes:
        packed = deflate(self.payload)
        return self.plain if len(packed) >= len(self.payload) else encode_text(packed, FINAL_TEXT | PACKED)


def encode_text(payload: bytes, first: int = FINAL_TEXT) -> bytes:
    """One whole unmasked text frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < SMALL:
        return bytes((first, size)) + payload
    if size < MEDIUM:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def deflate(payload: bytes) -> bytes:
    """What a compressed message carries."""
    return piece(payload).removesuffix(TAIL)


def piece(raw: bytes) -> bytes:
    """A piece of a compressed message that ends with a byte and knows nothing of the pieces before it."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW_BITS)
    return compressor.compress(raw) + compressor.flush(zlib.Z_SYNC_FLUSH)


def stored(raw: bytes) -> bytes:
    """A piece of a compressed message as it is (RFC 1951, 3.2.4)."""
    if len(raw) <= LONGEST_STORED:
        size = len(raw).to_bytes(2, "little")
        return b"\x00" + size + bytes((size[0] ^ 0xFF, size[1] ^ 0xFF)) + raw
    return b"".join(stored(raw[start : start + LONGEST_STORED]) for start in range(0, len(raw), LONGEST_STORED))
