"""A wire between a process and a part, in a test's hand: it can be cut, fall silent, be slow or break in the middle."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal
from urllib.parse import urlsplit

# What passes: everything, nothing and no connection either, nothing, a little at a time, a part of each upload.
Mode = Literal["open", "refused", "silent", "slow", "cut"]
PIECE: Final = 64 * 1024
SLOW_PIECE: Final = 1024


class Relay:
    """Passes bytes both ways, as `set` says.

    `asked` counts the connections that were made to it, or tried while nobody listened (those are not seen: only made).
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 80)
        self._mode: Mode = "open"
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._bytes_second = 0
        self._cut_after = 0
        self._port = 0
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.Task[None]] = set()
        self.asked = 0
        self.passed = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    async def set(self, mode: Mode, *, bytes_second: int = 0, cut_after: int = 0) -> None:
        """Behave so from now on, for the connections that there are as well.

        Args:
            mode: how.
            bytes_second: of "slow": how many bytes each way of a connection takes.
            cut_after: of "cut": the connection ends after so many bytes of what is sent to the part.
        """
        self._mode, self._bytes_second, self._cut_after = mode, bytes_second, cut_after
        if mode == "silent":
            self._flowing.clear()
        else:
            self._flowing.set()
        if mode == "refused":
            await self._stop_listening()
            await self._end_wires()
        elif self._server is None:
            await self.listen()

    async def listen(self) -> None:
        """Let connections in, at the same port as before."""
        listening = socket.create_server(("127.0.0.1", self._port))
        # What the kernel would hold for us is not yet through.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self._port = listening.getsockname()[1]
        self._server = await asyncio.start_server(self._wire, sock=listening, limit=SLOW_PIECE)

    async def close(self) -> None:
        """Let nobody in and everybody go."""
        await self._stop_listening()
        await self._end_wires()

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _end_wires(self) -> None:
        wires = list(self._wires)
        for each in wires:
            each.cancel()
        await asyncio.gather(*wires, return_exceptions=True)

    async def _wire(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._wires.add(task)
        self.asked += 1
        on: asyncio.StreamWriter | None = None
        try:
            await self._flowing.wait()
            far, on = await asyncio.open_connection(*self._target)
            ways = [asyncio.create_task(self._pass(near, on, up=True)), asyncio.create_task(self._pass(far, back))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in ways:
                    each.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # whoever was connected sees it end
        finally:
            self._wires.discard(task)
            for writer in (back, on):
                if writer is not None:
                    writer.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, up: bool = False) -> None:
        passed = 0
        while piece := await source.read(SLOW_PIECE if self._mode == "slow" else PIECE):
            await self._flowing.wait()
            if self._mode == "slow":
                await asyncio.sleep(len(piece) / self._bytes_second)
            if up and self._mode == "cut" and passed + len(piece) > self._cut_after:
                target.write(piece[: max(0, self._cut_after - passed)])
                await target.drain()
                return
            target.write(piece)
            await target.drain()
            passed += len(piece)
            self.passed += len(piece)


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Relay]:
    """A relay to a part, open at first."""
    relay = Relay(url)
    await relay.listen()
    try:
        yield relay
    finally:
        await relay.close()
