"""Stand-ins for brokers that know nothing but each other, and die as processes do."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

METADATA, JOIN, API_VERSIONS, PRODUCER_ID = 3, 11, 18, 22
VERSIONS = struct.pack(">hi", 0, 4) + b"".join(
    struct.pack(">hhh", key, 0, newest)
    for key, newest in ((METADATA, 5), (JOIN, 1), (API_VERSIONS, 0), (PRODUCER_ID, 0))
)
TOPIC = "a_topic"
# An end without a goodbye: what a killed process leaves where something was still to be read.
AT_ONCE = struct.pack("ii", 1, 0)


class Nodes:
    """They give no producer its number and end no join: so are the nodes that are left when most died.

    `leaders` are those of the partitions of TOPIC, -1 where there is none; `asked` counts requests by what they ask.
    """

    def __init__(self) -> None:
        self.leaders: list[int] = []
        self.asked = Counter[int]()
        self._servers: list[asyncio.Server] = []
        self._wires: list[list[asyncio.StreamWriter]] = []
        self.ports: list[int] = []

    async def start(self) -> None:
        """One more."""
        mine: list[asyncio.StreamWriter] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            mine.append(writer)
            try:
                while True:
                    (size,) = struct.unpack(">i", await reader.readexactly(4))
                    key, _, number = struct.unpack(">hhi", (await reader.readexactly(size))[:8])
                    self.asked[key] += 1
                    if key not in {JOIN, PRODUCER_ID}:
                        said = struct.pack(">i", number) + (VERSIONS if key == API_VERSIONS else self._metadata())
                        writer.write(struct.pack(">i", len(said)) + said)
            except (asyncio.IncompleteReadError, OSError, RuntimeError):
                writer.transport.abort()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.ports.append(server.sockets[0].getsockname()[1])
        self._servers.append(server)
        self._wires.append(mine)

    def die(self, number: int) -> None:
        """End it and its connections, from one moment to the next."""
        self._servers[number].close()
        wires = self._wires[number]
        while wires:
            wire = wires.pop()
            if not wire.transport.is_closing():
                wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                wire.transport.abort()

    def _metadata(self) -> bytes:
        brokers = [struct.pack(">ih9sih", number, 9, b"127.0.0.1", port, -1) for number, port in enumerate(self.ports)]
        return struct.pack(">ii", 0, len(brokers)) + b"".join(brokers) + struct.pack(">hi", -1, 0) + self._topics()

    def _topics(self) -> bytes:
        if not self.leaders:
            return struct.pack(">i", 0)
        # No error, its number, its leader, and where it is kept: nowhere.
        partitions = [struct.pack(">hiiiii", 0, n, leader, 0, 0, 0) for n, leader in enumerate(self.leaders)]
        name = struct.pack(f">h{len(TOPIC)}s", len(TOPIC), TOPIC.encode())
        return struct.pack(">ih", 1, 0) + name + struct.pack(">bi", 0, len(partitions)) + b"".join(partitions)


@asynccontextmanager
async def nodes(count: int) -> AsyncIterator[Nodes]:
    """So many."""
    started = Nodes()
    for _ in range(count):
        await started.start()
    try:
        yield started
    finally:
        for number in range(count):
            started.die(number)
