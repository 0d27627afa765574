"""A client of the edge that knows nothing but the public contract."""

import asyncio
import itertools
import random
import secrets
import string
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Json = dict[str, Any]
# A machine that runs all tests at once is slow now and then: what comes at all comes within this.
WAIT_SECONDS = 30.0
ELEMENT_ID = string.ascii_letters + string.digits + "_-"


def rectangle(**changes: Any) -> Json:
    """A rectangle as the editor sends it, at version 1 unless told otherwise."""
    element: Json = {
        "id": "".join(random.choices(ELEMENT_ID, k=21)),
        "type": "rectangle",
        "x": 100.5,
        "y": 200,
        "width": 120,
        "height": 80,
        "angle": 0,
        "strokeColor": "#1e1e1e",
        "backgroundColor": "transparent",
        "fillStyle": "solid",
        "strokeWidth": 2,
        "strokeStyle": "solid",
        "roughness": 1,
        "opacity": 100,
        "groupIds": [],
        "frameId": None,
        "index": "a0",
        "roundness": {"type": 3},
        "seed": 1083297840,
        "version": 1,
        "versionNonce": random.randrange(2**31),
        "isDeleted": False,
        "boundElements": [],
        "updated": 1795242592886,
        "link": None,
        "locked": False,
    }
    return element | changes


def newer(element: Json, **changes: Any) -> Json:
    """The element after one more edit."""
    return element | {"version": element["version"] + 1, "versionNonce": random.randrange(2**31)} | changes


@dataclass
class Answer:
    """What an HTTP request gave."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        """The problem's code, or nothing."""
        return self.body.get("code", "") if isinstance(self.body, dict) else ""

    @property
    def paths(self) -> list[str]:
        """The paths of the problem's errors."""
        return [error["path"] for error in self.body["errors"]]


@asynccontextmanager
async def connections(seconds: float) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections without cookies, as a person here is a token; a request may take so long."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session:
        yield session


@dataclass
class Api:
    """HTTP calls of one person, or of nobody."""

    base_url: str
    http: aiohttp.ClientSession
    token: str | None = None

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Send JSON (or `data=` raw) and read the answer."""
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            options["json"] = body
        async with self.http.request(method, self.base_url + path, headers=headers, **options) as answer:
            raw = await answer.read()
            is_json = "json" in answer.headers.get("Content-Type", "")
            return Answer(
                answer.status, await answer.json(content_type=None) if raw and is_json else raw, answer.headers
            )

    async def get(self, path: str, **options: Any) -> Answer:
        """GET."""
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """POST."""
        return await self.call("POST", path, body, **options)

    def as_token(self, token: str | None) -> "Api":
        """The same server, called with another token."""
        return Api(self.base_url, self.http, token)


@dataclass
class Person:
    """Somebody with an account."""

    api: Api
    email: str
    password: str
    user: Json
    session_id: str
    refresh_token: str

    @property
    def user_id(self) -> str:
        """Who."""
        return str(self.user["user_id"])

    @property
    def token(self) -> str:
        """The access token."""
        assert self.api.token is not None
        return self.api.token

    async def board(self, title: str = "A board") -> str:
        """Make a board and return its id."""
        made = await self.api.post("/api/boards", {"title": title})
        assert made.status == 201, made
        return str(made.body["board_id"])

    async def grant(self, board_id: str, other: "Person", role: str) -> None:
        """Give somebody a role on a board."""
        answer = await self.api.call("PUT", f"/api/boards/{board_id}/grants/{other.user_id}", {"role": role})
        assert answer.status == 200, answer

    async def link(self, board_id: str, role: str, **more: Any) -> Json:
        """Make a link to a board."""
        answer = await self.api.post(f"/api/boards/{board_id}/links", {"role": role, **more})
        assert answer.status == 201, answer
        return answer.body


async def register(api: Api, name: str = "Ada", **more: Any) -> Person:
    """Make an account with a fresh address."""
    email, password = f"{secrets.token_hex(6)}@example.org", "correct horse battery"
    answer = await api.post("/api/auth/register", {"email": email, "password": password, "name": name, **more})
    assert answer.status == 201, answer
    body = answer.body
    return Person(
        api.as_token(body["access_token"]), email, password, body["user"], body["session_id"], body["refresh_token"]
    )


@dataclass
class Socket:
    """A WebSocket that keeps every frame it was sent."""

    ws: aiohttp.ClientWebSocketResponse
    frames: list[Json] = field(default_factory=list)
    close_code: int | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    async def read(self) -> None:
        """Keep reading until the socket closes."""
        async for message in self.ws:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.frames.append(message.json())
                self._arrived.set()
        self.close_code = self.ws.close_code
        self._arrived.set()

    async def send(self, **frame: Any) -> None:
        """Send one frame."""
        await self.ws.send_json(frame)

    async def wait(self, what: Callable[[Json], bool], seconds: float = WAIT_SECONDS) -> Json:
        """The first frame, past or to come, for which `what` holds."""
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            for frame in self.frames[seen:]:
                seen += 1
                if what(frame):
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or self.close_code is not None:
                raise AssertionError(
                    f"no such frame in {seconds} s; closed: {self.close_code}; got {self.frames[-20:]}"
                )
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                continue

    async def kind(self, kind: str, **fields: Any) -> Json:
        """The first frame of a kind with these fields."""
        return await self.wait(
            lambda frame: frame["kind"] == kind and all(frame.get(name) == value for name, value in fields.items())
        )

    async def closed(self, seconds: float = WAIT_SECONDS) -> int:
        """The close code, when it comes."""
        deadline = time.monotonic() + seconds
        while self.close_code is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"still open after {seconds} s; got {self.frames[-10:]}")
            await asyncio.sleep(0.02)
        return self.close_code

    async def hello(self, token: str) -> Json:
        """Say hello and wait for the welcome."""
        await self.send(kind="hello", token=token, client="test/1.0")
        return await self.kind("welcome")

    async def join(self, board_id: str, since: str | None = None) -> Json:
        """Join a board and wait for `joined`."""
        room = f"board:{board_id}"
        before = sum(frame["kind"] == "joined" and frame["room"] == room for frame in self.frames)
        await self.send(kind="join", room=room, since=since)

        def joined() -> list[Json]:
            return [frame for frame in self.frames if frame["kind"] == "joined" and frame["room"] == room]

        await self.wait(lambda _: len(joined()) > before)
        return joined()[-1]

    async def draw(self, board_id: str, *elements: Json, wait: bool = True) -> str:
        """Send an op; wait for its ack unless told otherwise. Returns the frame's id."""
        identifier = f"c-{next(self._ids)}"
        await self.send(
            kind="send", id=identifier, type="boards.draw", data={"board_id": board_id, "elements": list(elements)}
        )
        if wait:
            await self.kind("ack", id=identifier)
        return identifier

    def events(self, board_id: str) -> list[Json]:
        """Every event of a board so far, in the order of arrival."""
        room = f"board:{board_id}"
        return [
            event
            for frame in self.frames
            if frame["kind"] == "events" and frame["room"] == room
            for event in frame["events"]
        ]

    async def event(self, board_id: str, what: Callable[[Json], bool]) -> Json:
        """The first event of a board for which `what` holds."""
        found: list[Json] = []

        def holds(frame: Json) -> bool:
            if frame["kind"] == "events" and frame["room"] == f"board:{board_id}":
                found.extend(event for event in frame["events"] if what(event))
            return bool(found)

        await self.wait(holds)
        return found[0]


@asynccontextmanager
async def connected(api: Api, token: str | None = None, **options: Any) -> AsyncIterator[Socket]:
    """A socket; with a token it has already been welcomed."""
    async with api.http.ws_connect(api.base_url + "/ws", max_msg_size=0, **options) as ws:
        opened = Socket(ws)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(opened.read())
            try:
                if token is not None:
                    await opened.hello(token)
                yield opened
            finally:
                await ws.close()
                reader.cancel()
