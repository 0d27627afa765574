"""People at the edge, as the public contract has them: an account, a board, a link, a socket in a room."""

import secrets
from typing import Any

import aiohttp
import orjson

from topics.errors import DoskaError

WAIT_SECONDS = 30.0
Json = dict[str, Any]


class Refused(DoskaError):
    """The edge did not do what a bench needs."""


async def call(
    http: aiohttp.ClientSession, method: str, path: str, token: str | None = None, body: Json | None = None
) -> Json:
    """One HTTP call. Raises Refused with the edge's own words."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with http.request(method, path, json=body, headers=headers) as answer:
        content: Json = orjson.loads(await answer.read() or b"{}")
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {content.get('code')}: {content.get('detail')}")
        return content


async def register(http: aiohttp.ClientSession) -> str:
    """A new account; its access token."""
    name = secrets.token_hex(8)
    body = {"email": f"bench-{name}@example.org", "password": secrets.token_urlsafe(12), "name": "Bench"}
    token: str = (await call(http, "POST", "/api/auth/register", body=body))["access_token"]
    return token


async def share(http: aiohttp.ClientSession, token: str) -> tuple[str, str]:
    """A new board and the token of a link by which anybody may draw on it."""
    board = (await call(http, "POST", "/api/boards", token, {"title": "Bench"}))["board_id"]
    link = (await call(http, "POST", f"/api/boards/{board}/links", token, {"role": "editor"}))["token"]
    return board, link


async def visit(http: aiohttp.ClientSession, link: str, name: str) -> str:
    """A guest's access token."""
    token: str = (await call(http, "POST", f"/api/links/{link}/open", body={"name": name}))["access_token"]
    return token


class Socket:
    """One connection of one person."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.connection = ""

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, token: str) -> "Socket":
        """A connection that said hello."""
        self = cls(await http.ws_connect("/ws", compress=0, max_msg_size=0))
        await self.send({"kind": "hello", "token": token, "client": "bench/1"})
        self.connection = (await self.expect("welcome"))["connection"]
        return self

    async def join(self, http: aiohttp.ClientSession, board: str, token: str) -> int:
        """Read the board, then join since its cursor; the seq that the next event follows."""
        cursor = (await call(http, "GET", f"/api/boards/{board}/elements", token))["cursor"]
        await self.send({"kind": "join", "room": f"board:{board}", "since": cursor})
        seq: int = (await self.expect("joined"))["seq"]
        return seq

    async def send(self, frame: Json) -> None:
        """Send a frame."""
        await self._socket.send_str(orjson.dumps(frame).decode())

    async def receive(self) -> str:
        """The next frame's text. Raises Refused when the socket was closed."""
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Refused(f"the socket was closed: {self._socket.close_code} {message.extra or ''}")
        text: str = message.data
        return text

    async def expect(self, kind: str) -> Json:
        """Wait for a frame of one kind. Raises Refused for a reject or stale."""
        while True:
            frame: Json = orjson.loads(await self.receive())
            if frame["kind"] == kind:
                return frame
            if frame["kind"] in ("reject", "stale"):
                raise Refused(f"waiting for {kind}: {frame}")

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()
