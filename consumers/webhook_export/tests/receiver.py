"""A real server that receives deliveries, and does to them whatever a stranger's server may do."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from tests.loopback import listening


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it came, and when (Unix seconds)."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)

    @property
    def delivery_id(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Receiver:
    """What came, by whose path; and how a path answers: by the next of its answers, or 204."""

    url: str
    got: list[Got] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    always: dict[str, Answer] = field(default_factory=dict)
    now: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.now[path] = self.now.get(path, 0) + 1
        self.most[path] = max(self.most.get(path, 0), self.now[path])
        try:
            head = {name.lower(): value for name, value in request.headers.items()}
            self.got.append(Got(path, head, await request.read()))
            if self.answers.get(path):
                return await self.answers[path].pop(0)(request)
            if path in self.always:
                return await self.always[path](request)
            return web.Response(status=204)
        finally:
            self.now[path] -= 1

    def at(self, path: str) -> list[Got]:
        return [each for each in self.got if each.path == path]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver("")
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", receiver.take)
    async with listening(app) as receiver.url:
        yield receiver


def status(code: int, **headers: str) -> Answer:
    """An answer without a body."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return answer


async def never(_request: web.Request) -> web.StreamResponse:
    """No answer, until the client goes away."""
    await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets")


async def for_ever(request: web.Request) -> web.StreamResponse:
    """A good status, and a body without an end."""
    answer = web.StreamResponse(status=200)
    await answer.prepare(request)
    while True:
        await answer.write(b"x" * 65536)


async def in_drops(request: web.Request) -> web.StreamResponse:
    """A good status, and a byte now and then for ever."""
    answer = web.StreamResponse(status=200)
    await answer.prepare(request)
    while True:
        await answer.write(b"x")
        await asyncio.sleep(0.05)


async def rude(request: web.Request) -> web.StreamResponse:
    """The connection is cut."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
