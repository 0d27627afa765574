import asyncio
import struct

from compose.embedded import kafka_probe


async def answering(body: bytes) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        await reader.readexactly(size)
        writer.write(struct.pack(">i", len(body)) + body)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def asked(body: bytes, node: int = 1) -> bool:
    server = await answering(body)
    async with server:
        return await kafka_probe.serves("127.0.0.1", server.sockets[0].getsockname()[1], node)


def listing(*nodes: int, rack: str | None = None) -> bytes:
    """A Metadata v1 answer with these brokers."""
    host = b"127.0.0.1"
    said = struct.pack(">h", -1) if rack is None else struct.pack(">h", len(rack)) + rack.encode()
    each = [struct.pack(">ih", node, len(host)) + host + struct.pack(">i", 9092) + said for node in nodes]
    return struct.pack(">ii", kafka_probe.CORRELATION, len(nodes)) + b"".join(each) + struct.pack(">ii", 1, 0)


async def test_a_broker_that_lists_itself_serves() -> None:
    assert await asked(listing(1))
    assert await asked(listing(2, 1, 3, rack="here"), 3)


async def test_a_broker_that_lists_nobody_or_others_does_not_serve_yet() -> None:
    assert not await asked(listing())
    assert not await asked(listing(1, 3), 2)


async def test_an_answer_that_ends_in_the_middle_is_no_answer() -> None:
    assert not await asked(listing(1)[:20])


async def test_another_answer_is_no_broker() -> None:
    assert not await asked(struct.pack(">ii", 99, 1))
    assert not await asked(b"")


async def test_nobody_there_does_not_serve() -> None:
    assert not await kafka_probe.serves("127.0.0.1", 9, 1)


async def test_silence_ends_with_the_limit() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until whoever asks goes away
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        assert not await kafka_probe.serves("127.0.0.1", server.sockets[0].getsockname()[1], 1, timeout_seconds=0.05)
