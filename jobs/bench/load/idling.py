"""The act of people who do nothing: their sockets are open, later in rooms, and answer when asked."""

import asyncio
from collections.abc import Sequence
from typing import Any

from jobs.bench.load.socket import Socket

OPENED_AT_ONCE = 20
Json = dict[str, Any]


class Act:
    """Sockets of `[{token, board}]`."""

    def __init__(self, _name: str) -> None:
        self._sockets: list[tuple[Socket, str]] = []
        self._gate = asyncio.Semaphore(OPENED_AT_ONCE)

    async def open(self, url: str, people: Sequence[Json], *, compress: bool = False) -> Json:
        """Connect and say hello."""

        async def connect(person: Json) -> tuple[Socket, str]:
            async with self._gate:
                return await Socket.connect(url, person["token"], compress=compress), person["board"]

        self._sockets = await asyncio.gather(*map(connect, people))
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
