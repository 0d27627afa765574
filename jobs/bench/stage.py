"""People and boards for a work, made through the public contract before anything is measured."""

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import Any

from jobs.bench.load.web import Web

AT_ONCE = 16
# An edge refuses when many passwords wait to be hashed: each takes it a good part of a core for a while.
HASHED_AT_ONCE = 2
# More sockets than this are shared out among so many people: what counts is the sockets.
PEOPLE_PER_ROOM = 250
Json = dict[str, Any]


@dataclass(slots=True)
class Room:
    """A board and who will be there: `[{token, draws, moves}]`."""

    board: str
    members: list[Json] = field(default_factory=list)


class Stage:
    """Makes rooms at one deployment."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._hashing = asyncio.Semaphore(HASHED_AT_ONCE)

    async def account(self) -> str:
        """A new account; its access token."""
        name = secrets.token_hex(8)
        body = {"email": f"bench-{name}@example.org", "password": secrets.token_urlsafe(12), "name": "Bench"}
        async with self._hashing:
            token: str = (await self.call(None, "POST", "/api/auth/register", body))["access_token"]
        return token

    async def rooms(self, count: int, *, members: int, draw: int, move: int = 0) -> list[Room]:
        """Boards with so many members each, the first of whom draw, and the first of whom move."""
        owner = await self.account()
        return await asyncio.gather(*(self._room(owner, members, draw, move) for _ in range(count)))

    async def board(self, owner: str, title: str = "Bench") -> str:
        """A new board."""
        board: str = (await self.call(owner, "POST", "/api/boards", {"title": title}))["board_id"]
        return board

    async def guests(self, owner: str, board: str, count: int) -> list[str]:
        """Tokens of people who came by a link and may draw."""
        link = (await self.call(owner, "POST", f"/api/boards/{board}/links", {"role": "editor"}))["token"]
        path = f"/api/links/{link}/open"
        opened = await asyncio.gather(*(self.call(None, "POST", path, {"name": f"Guest {n}"}) for n in range(count)))
        return [each["access_token"] for each in opened]

    async def call(self, token: str | None, method: str, path: str, body: Any = None) -> Any:
        """One request on a connection of its own. Raises Refused."""
        async with self._gate:
            web = Web(self.url, token)
            try:
                return await web.call(method, path, body)
            finally:
                web.close()

    async def _room(self, owner: str, members: int, draw: int, move: int) -> Room:
        board = await self.board(owner)
        tokens = await self.guests(owner, board, min(members, PEOPLE_PER_ROOM))
        people = [{"token": tokens[n % len(tokens)], "draws": n < draw, "moves": n < move} for n in range(members)]
        return Room(board, people)


def shared_out(rooms: list[Room], clients: int) -> list[list[Json]]:
    """For each load process the rooms with its members; every process has somebody in a room that has enough of them."""
    shares: list[list[Json]] = [[] for _ in range(clients)]
    for place, room in enumerate(rooms):
        for client, share in enumerate(shares):
            mine = [person for n, person in enumerate(room.members) if (n + place) % clients == client]
            if mine:
                share.append({"board": room.board, "members": mine})
    return shares
