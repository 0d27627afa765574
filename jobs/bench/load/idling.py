"""The act of people who do nothing: their sockets are open, later in rooms, and answer when asked."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from jobs.bench.load.socket import Socket

OPENED_AT_ONCE = 20
# An address has about 28,000 ports to connect to one place from; others of this machine want some.
PORTS_OF_AN_ADDRESS = 20_000
Json = dict[str, Any]


def source_of(place: int, url: str) -> str | None:
    """From which address the connection of that place is made; the system's choice while its ports last."""
    more = place // PORTS_OF_AN_ADDRESS
    return f"127.0.1.{more}" if more and (urlsplit(url).hostname or "").startswith("127.") else None


class Act:
    """Sockets of `[{token, board}]`."""

    def __init__(self, _name: str) -> None:
        self._sockets: list[tuple[Socket, str]] = []
        self._gate = asyncio.Semaphore(OPENED_AT_ONCE)

    async def open(self, url: str, people: Sequence[Json], *, compress: bool = False) -> Json:
        """Connect and say hello."""

        async def connect(place: int, person: Json) -> tuple[Socket, str]:
            async with self._gate:
                source = source_of(place, url)
                return await Socket.connect(url, person["token"], compress=compress, source=source), person["board"]

        self._sockets = await asyncio.gather(*map(connect, range(len(people)), people))
        return {"open": len(self._sockets)}

    async def join(self) -> Json:
        """Everybody into his room."""

        async def join(socket: Socket, board: str) -> None:
            async with self._gate:
                await socket.join(board)

        await asyncio.gather(*(join(*each) for each in self._sockets))
        return {}

    async def alive(self) -> Json:
        """How many still answer."""

        async def answers(socket: Socket) -> bool:
            async with self._gate:
                return socket.closed is None and bool(await socket.ask({"kind": "ping"}, "pong"))

        answered = await asyncio.gather(*(answers(socket) for socket, _ in self._sockets))
        return {"alive": sum(answered)}

    async def close(self) -> Json:
        """Hang up."""
        for socket, _ in self._sockets:
            socket.close()
        self._sockets = []
        await asyncio.sleep(0)
        return {}
