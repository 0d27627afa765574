"""WebSocket frames of a client (RFC 6455, section 5): whole ones written, their headers read."""

import zlib
from dataclasses import dataclass

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, COMPRESSED, OPCODE = 0x80, 0x40, 0x0F
# A key of zeros leaves the payload as it is: the server unmasks all the same, and the load client saves the work.
MASK = b"\0\0\0\0"
# The end of a deflate block that a sender leaves out (RFC 7692, section 7.2.1).
TAIL = b"\0\0\xff\xff"


def encode(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole masked frame."""
    size = len(payload)
    if size < 126:
        head = bytes((FINAL | opcode, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((FINAL | opcode, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((FINAL | opcode, 0xFF)) + size.to_bytes(8, "big")
    return head + MASK + payload


def inflate(payload: bytes) -> bytes:
    """The payload of a compressed message of a server that keeps no context between messages."""
    return zlib.decompressobj(-15).decompress(payload + TAIL)


class Broken(Exception):
    """What came is not what a WebSocket server sends."""


@dataclass(slots=True)
class Reader:
    """Cuts a stream into frames: (first byte, payload). Payloads are not looked at."""

    _waiting: bytearray | None = None
    _needed: int = 0

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """The frames that are complete now. Raises Broken."""
        waiting = self._waiting
        if waiting is not None:
            waiting += chunk
            if len(waiting) < self._needed:
                return []
            chunk, self._waiting = bytes(waiting), None
        frames: list[tuple[int, bytes]] = []
        at, end = 0, len(chunk)
        while end - at >= 2:
            length = chunk[at + 1]
            start = at + 2
            if length >= 126:
                if length > 127:
                    raise Broken("a server does not mask")
                start = at + (4 if length == 126 else 10)
                if start > end:
                    break
                length = int.from_bytes(chunk[at + 2 : start], "big")
            stop = start + length
            if stop > end:
                self._needed = stop - at
                self._waiting = bytearray(chunk[at:])
                return frames
            frames.append((chunk[at], chunk[start:stop]))
            at = stop
        if at < end:
            self._needed = 0
            self._waiting = bytearray(chunk[at:])
        return frames
