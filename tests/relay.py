"""A wire between a process and a part, in a test's hand: cut, silent both ways or one, slow, late, or forgotten."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

# What passes: everything, nothing and no connection either, nothing, a little at a time, all of it later, a part of
# each upload.
Mode = Literal["open", "refused", "silent", "slow", "late", "cut"]
# Of "silent": what is sent to the part (up), what it answers (down).
Way = Literal["both", "up", "down"]
PIECE: Final = 64 * 1024
SLOW_PIECE: Final = 1024


@dataclass(frozen=True, slots=True)
class Flow:
    """Whether what is sent to the part, and what it answers, passes now."""

    up: asyncio.Event = field(default_factory=asyncio.Event)
    down: asyncio.Event = field(default_factory=asyncio.Event)

    def let(self, *, up: bool, down: bool) -> None:
        """Let it pass, or hold it."""
        for event, passes in ((self.up, up), (self.down, down)):
            if passes:
                event.set()
            else:
                event.clear()


class Relay:
    """Passes bytes both ways, as `set` says.

    `asked` counts the connections that were made to it, or tried while nobody listened (those are not seen: only made).
    """

    def __init__(self, url: str) -> None:
        self.lead_to(url)
        self._mode: Mode = "open"
        self._flow = Flow()
        self._flow.let(up=True, down=True)
        self._bytes_second = 0
        self._cut_after = 0
        self._late_seconds = 0.0
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.Task[None]] = set()
        self.port = 0
        self.asked = 0
        self.passed = 0

    def lead_to(self, url: str) -> None:
        """Where connections go that are made from now on."""
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 80)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def set(
        self, mode: Mode, *, way: Way = "both", bytes_second: int = 0, cut_after: int = 0, late_seconds: float = 0.0
    ) -> None:
        """Behave so from now on, for the connections that there are as well.

        Args:
            mode: how.
            way: of "silent": what does not pass. Connections are made all the same where one way is left.
            bytes_second: of "slow": how many bytes each way of a connection takes.
            cut_after: of "cut": the connection ends after so many bytes of what is sent to the part.
            late_seconds: of "late": how much later everything comes out, each way.
        """
        self._mode, self._bytes_second, self._cut_after, self._late_seconds = (
            mode,
            bytes_second,
            cut_after,
            late_seconds,
        )
        silent = mode == "silent"
        self._flow.let(up=not silent or way == "down", down=not silent or way == "up")
        if mode == "refused":
            await self._stop_listening()
            await self._end_wires()
        elif self._server is None:
            await self.listen()

    def forget(self) -> None:
        """Let nothing pass any more on the connections that there are, for good; new ones are as `set` says.

        So a firewall does that was started anew, and so it looks when the other machine lost its power: no end is told.
        """
        old, self._flow = self._flow, Flow()
        self._flow.let(up=old.up.is_set(), down=old.down.is_set())
        old.let(up=False, down=False)

    async def listen(self) -> None:
        """Let connections in, at the same port as before."""
        listening = socket.create_server(("127.0.0.1", self.port))
        # What the kernel would hold for us is not yet through.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.port = listening.getsockname()[1]
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
        flow = self._flow
        on: asyncio.StreamWriter | None = None
        try:
            if not flow.down.is_set():
                await flow.up.wait()
            far, on = await asyncio.open_connection(*self._target)
            ways = [
                asyncio.create_task(self._pass(near, on, flow.up, up=True)),
                asyncio.create_task(self._pass(far, back, flow.down)),
            ]
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

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, flowing: asyncio.Event, *, up: bool = False
    ) -> None:
        passed, later = 0, Later(target)
        while piece := await source.read(SLOW_PIECE if self._mode == "slow" else PIECE):
            await flowing.wait()
            if self._mode == "slow":
                await asyncio.sleep(len(piece) / self._bytes_second)
            if up and self._mode == "cut" and passed + len(piece) > self._cut_after:
                target.write(piece[: max(0, self._cut_after - passed)])
                await target.drain()
                return
            later.write(piece, self._late_seconds)
            await target.drain()
            passed += len(piece)
            self.passed += len(piece)
        await later.written()


class Later:
    """Writes pieces after a while, each as long after it came as the others, and always in their order."""

    def __init__(self, target: asyncio.StreamWriter) -> None:
        self._target = target
        self._waiting: deque[bytes] = deque()
        self._empty = asyncio.Event()
        self._empty.set()

    def write(self, piece: bytes, seconds: float) -> None:
        """Write it then; at once where nothing waits and nothing is to be waited for."""
        if not seconds and not self._waiting:
            self._target.write(piece)
            return
        self._waiting.append(piece)
        self._empty.clear()
        asyncio.get_running_loop().call_later(seconds, self._first)

    async def written(self) -> None:
        """Return when nothing waits any more."""
        await self._empty.wait()

    def _first(self) -> None:
        # The eldest, whosever time it is: one that came when there was less to wait for must not overtake.
        piece = self._waiting.popleft()
        if not self._target.transport.is_closing():
            self._target.write(piece)
        if not self._waiting:
            self._empty.set()


def by(relay: Relay, url: str) -> str:
    """The address of a part, with all that is said in it, by way of the relay."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{relay.port}"))


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Relay]:
    """A relay to a part, open at first."""
    relay = Relay(url)
    await relay.listen()
    try:
        yield relay
    finally:
        await relay.close()
