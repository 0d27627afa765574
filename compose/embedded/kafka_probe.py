"""Whether a Kafka broker serves: one Metadata request by hand, so that this folder needs no Kafka client."""

import asyncio
import struct

METADATA, VERSION = 3, 1
API_VERSIONS = 18
CORRELATION = 7


def request() -> bytes:
    """A Metadata v1 request for no topic, with its length in front."""
    return _framed(METADATA, VERSION, struct.pack(">i", 0))


def brokers(answer: bytes) -> frozenset[int]:
    """The node ids of the brokers that a Metadata v1 answer (without its length) lists."""
    correlation, count = struct.unpack_from(">ii", answer)
    place, found = 8, []
    for _ in range(count if correlation == CORRELATION else 0):
        number, size = struct.unpack_from(">ih", answer, place)
        place += 6 + size + 4  # the host, its port
        (rack,) = struct.unpack_from(">h", answer, place)
        place += 2 + max(0, rack)
        found.append(number)
    return frozenset(found)


async def serves(host: str, port: int, node: int, timeout_seconds: float = 2.0) -> bool:
    """Whether the broker answers and lists itself, node `node`.

    An open port is not enough: a broker listens before the controller has let it in, and does not list itself until then.
    """
    try:
        return node in brokers(await _ask(host, port, request(), timeout_seconds))
    except (OSError, EOFError, TimeoutError, struct.error):
        return False


async def answers(host: str, port: int, timeout_seconds: float = 2.0) -> bool:
    """Whether the broker says which versions it speaks: all that one which asks for a password tells strangers."""
    try:
        answer = await _ask(host, port, _framed(API_VERSIONS, 0, b""), timeout_seconds)
        return struct.unpack_from(">ih", answer) == (CORRELATION, 0)
    except (OSError, EOFError, TimeoutError, struct.error):
        return False


def _framed(key: int, version: int, rest: bytes) -> bytes:
    client = b"doska-probe"
    body = struct.pack(">hhih", key, version, CORRELATION, len(client)) + client + rest
    return struct.pack(">i", len(body)) + body


async def _ask(host: str, port: int, request: bytes, timeout_seconds: float) -> bytes:
    async with asyncio.timeout(timeout_seconds):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            await writer.drain()
            (size,) = struct.unpack(">i", await reader.readexactly(4))
            return await reader.readexactly(size)
        finally:
            writer.close()
