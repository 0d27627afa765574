"""The whole product as processes on the session's real parts: consumers, and as many edges as a test asks for."""

import asyncio
import contextlib
import os
import random
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from compose.embedded.ports import HIGHEST
from compose.embedded.seaweedfs import ADMIN_DISTANCE
from tests.stack import settings_from
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

READY_SECONDS = 120
DRAINED_SECONDS = 45
# Below what kernels give to connections, above those that the parts take, and the one that SeaweedFS has beyond them.
PORTS = HIGHEST + ADMIN_DISTANCE + 1, 32_700
_told: set[int] = set()
UNLIMITED = {
    "DOSKA_LIMIT_REGISTRATIONS_PER_MINUTE": "0",
    "DOSKA_LIMIT_LOGIN_FAILURES_PER_MINUTE": "0",
    "DOSKA_LIMIT_WRITES_PER_SECOND": "0",
}


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now.

    It is none of those that the kernel gives away by itself: a process takes seconds to start, and in that time any
    connection of this machine could get it for its own end. Nor is it one that was told before.
    """
    while True:
        port = random.SystemRandom().randrange(*PORTS)
        if port not in _told and _is_free(port):
            _told.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass
class Process:
    """One process of the product, with its log."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    def kill9(self) -> None:
        """Kill it the hard way."""
        self.process.send_signal(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to drain; kill it when it does not for very long. Returns the exit code."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), DRAINED_SECONDS)
            except TimeoutError:
                self.kill9()
        return await self.process.wait()

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


@dataclass
class Edge:
    """An edge process and where it listens."""

    base_url: str
    process: Process
    environment: dict[str, str]


@dataclass
class Product:
    """Everything that `make up` runs, apart from the parts, under a test's control."""

    environment: dict[str, str]
    logs: Path
    base_url: str = ""
    edges: list[Edge] = field(default_factory=list)
    consumers: Process | None = None

    async def spawn(self, name: str, *arguments: str, **settings: str) -> Process:
        """Start `doska ARGUMENTS` with the product's environment and more settings."""
        log = self.logs / f"{name}-{secrets.token_hex(3)}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "jobs",
                *arguments,
                env={**os.environ, **self.environment, **settings},
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.DEVNULL,
            )
        return Process(name, process, log)

    async def start_consumers(self) -> Process:
        """Run every consumer in one process, as a small installation does."""
        operations = free_port()
        process = await self.spawn("consumers", "run", "consumers", "--all", DOSKA_OPERATIONS_PORT=str(operations))
        await wait_ready(f"http://127.0.0.1:{operations}/readyz", process)
        self.consumers = process
        return process

    async def edge(self, *, at_port: str = "", **settings: str) -> Edge:
        """Start one more edge on the same log, with settings of its own."""
        port = int(at_port or free_port())
        settings = {**UNLIMITED, "DOSKA_PORT": str(port), "DOSKA_OPERATIONS_PORT": str(free_port()), **settings}
        process = await self.spawn("edge", "run", "edge", **settings)
        base_url = f"http://127.0.0.1:{port}"
        await wait_ready(f"{base_url}/readyz", process)
        edge = Edge(base_url, process, settings)
        self.edges.append(edge)
        return edge

    @contextlib.asynccontextmanager
    async def without_more_edges(self) -> AsyncIterator[None]:
        """Stop the edges that are started within: each one left behind costs every later test."""
        before = len(self.edges)
        yield
        await asyncio.gather(*(edge.process.stop() for edge in self.edges[before:]))
        del self.edges[before:]

    async def stop(self) -> None:
        """Stop edges first, then the consumers: what is accepted is still written."""
        for edge in reversed(self.edges):
            await edge.process.stop()
        if self.consumers is not None:
            await self.consumers.stop()


async def wait_ready(url: str, process: Process) -> None:
    """Wait until `url` answers 200; fail with the log when the process ends or the limit passes."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
        while True:
            if process.process.returncode is not None:
                pytest.fail(f"{process.name} ended with {process.process.returncode}:\n{process.tail()}")
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as answer:
                    if answer.status == 200:
                        return
            if asyncio.get_running_loop().time() > deadline:
                pytest.fail(f"{process.name} was not ready in {READY_SECONDS} s:\n{process.tail()}")
            await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
async def product(
    prepared_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Product]:
    """The product on the session's parts: consumers and one edge without rate limits."""
    logs = tmp_path_factory.mktemp("logs")
    running = Product(dict(prepared_environment), logs)
    try:
        async with ObjectStore(settings_from(prepared_environment, Settings)) as objects:
            await objects.allow_origins(["*"])
        await running.start_consumers()
        # People of fixtures of the session call for as long as all its tests take.
        running.base_url = (await running.edge(DOSKA_ACCESS_TOKEN_SECONDS="7200")).base_url
        yield running
    finally:
        await running.stop()
