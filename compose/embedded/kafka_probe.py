"""Whether a Kafka broker serves: one Metadata request by hand, so that this folder needs no Kafka client."""

import asyncio
import struct

METADATA, VERSION = 3, 1
CORRELATION = 7


def request() -> bytes:
    """A Metadata v1 request for no topic, with its length in front."""
    client = b"doska-probe"
    body = struct.pack(">hhih", METADATA, VERSION, CORRELATION, len(client)) + client + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


def brokers(answer: bytes) -> int:
    """How many brokers a Metadata v1 answer (without its length) lists."""
    correlation, count = struct.unpack_from(">ii", answer)
    return int(count) if correlation == CORRELATION else 0


async def serves(host: str, port: int, timeout_seconds: float = 2.0) -> bool:
    """Whether the broker answers and lists at least one broker.

    An open port is not enough: a broker listens before the controller has let it in, and lists nobody until then.
    """
    try:
        async with asyncio.timeout(timeout_seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(request())
                await writer.drain()
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                return brokers(await reader.readexactly(size)) > 0
            finally:
                writer.close()
    except (OSError, EOFError, TimeoutError, struct.error):
        return False
