"""A small product in the test's own process: real parts, all consumers, and as many edges as a test asks for."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from compose.embedded.stack import Stack
from consumers import discovery
from edge.app import build
from edge.parts import Parts, open_parts
from edge.settings import EdgeSettings
from edge.ws.limits import socket_limits
from jobs.migrate import migrate
from schemas.keyring import Keyring
from tests.edge.client import Api, Person, register
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.bus.context import open_context
from topics.runtime.health import Health
from topics.runtime.service import Service
from topics.runtime.supervisor import supervise_all

READY_SECONDS = 120.0
# People are made once for all tests, however long these take.
TOKEN_SECONDS = 7200
UNLIMITED = {
    "limit_registrations_per_minute": 0,
    "limit_login_failures_per_minute": 0,
    "limit_writes_per_second": 0,
}


class Edge:
    """One edge: its address, and its parts for a test that looks inside."""

    def __init__(self, api: Api, parts: Parts, known: dict[str, Person]) -> None:
        self.api = api
        self.parts = parts
        self._known = known

    async def person(self, name: str = "Ada") -> Person:
        """Somebody with an account, the same one for a name in every test: hashing a password takes a while."""
        if name not in self._known:
            self._known[name] = await self.newcomer(name)
        return self.as_seen_here(self._known[name])

    async def newcomer(self, name: str = "Newcomer") -> Person:
        """Somebody with an account made here and now, with a token of this edge."""
        return await register(self.api, name)

    async def guest(self, link: dict[str, Any], name: str = "Guest") -> str:
        """The token of somebody without an account who came through a link."""
        opened = await self.api.post(f"/api/links/{link['token']}/open", {"name": name})
        assert opened.status == 200, opened
        return str(opened.body["access_token"])

    def as_seen_here(self, person: Person) -> Person:
        """The same person calling this edge."""
        return dataclasses.replace(person, api=self.api.as_token(person.token))


class House:
    """Parts and consumers of their own, so that a test may break them."""

    def __init__(self, stack: Stack, settings: EdgeSettings, http: aiohttp.ClientSession) -> None:
        self.stack = stack
        self.settings = settings
        self.http = http
        self._known: dict[str, Person] = {}
        self._front: asyncio.Future[Edge] | None = None
        self._closing = asyncio.Event()
        self._holding: asyncio.Task[None] | None = None

    async def front(self) -> Edge:
        """The one edge that all tests share that ask for nothing special."""
        if self._front is None:
            self._front = asyncio.get_running_loop().create_future()
            self._holding = asyncio.create_task(self._hold(self._front))
        return await self._front

    async def close(self) -> None:
        """Stop the shared edge."""
        self._closing.set()
        if self._holding is not None:
            await self._holding

    async def _hold(self, opened: "asyncio.Future[Edge]") -> None:
        # In a task of its own: fixtures begin and end in different ones.
        async with self.edge(access_token_seconds=TOKEN_SECONDS) as edge:
            opened.set_result(edge)
            await self._closing.wait()

    @asynccontextmanager
    async def edge(self, timings: dict[str, float] | None = None, **changes: Any) -> AsyncIterator[Edge]:
        """One more edge, with other settings and with other timings of sockets (see `socket_limits`)."""
        settings = self.settings.model_copy(update={**UNLIMITED, **changes})
        health = Health()
        async with open_parts(settings, health) as parts:
            sockets = parts.sockets
            sockets.parts = dataclasses.replace(sockets.parts, limits=socket_limits(settings, **(timings or {})))
            runner = web.AppRunner(build(settings, parts, health), access_log=None, auto_decompress=False)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            try:
                async with asyncio.timeout(READY_SECONDS):
                    while health.not_ready():  # noqa: ASYNC110 - a test watches from outside
                        await asyncio.sleep(0.02)
                yield Edge(Api(f"http://127.0.0.1:{runner.addresses[0][1]}", self.http), parts, self._known)
            finally:
                await runner.cleanup()


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Start parts, provision them, run every consumer."""
    stack = Stack(folder / "parts", ports="free")
    await stack.start()
    try:
        Keyring.create(folder / "keyring.json")
        environment = {**stack.environment(), "DOSKA_DATA_DIR": str(folder), "DOSKA_LOG_LEVEL": "warning"}
        settings = settings_from(environment, EdgeSettings)
        manifests = discovery.manifests()
        await apply_topics(settings, list(manifests.values()))
        await migrate(settings)
        health, stopping = Health(), asyncio.Event()

        async def consumer(name: str, closing: AsyncExitStack) -> Service:
            context = await open_context(manifests[name], settings, health, closing)
            return await discovery.builder(name)(context)

        consumers = asyncio.create_task(
            supervise_all({name: partial(consumer, name) for name in manifests}, stopping, health)
        )
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                house = House(stack, settings, http)
                try:
                    yield house
                finally:
                    await house.close()
        finally:
            stopping.set()
            await consumers
    finally:
        await stack.stop()
