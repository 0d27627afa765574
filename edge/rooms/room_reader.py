"""What an edge asks Redis about rooms."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from redis.asyncio import Redis

from topics.rooms import keys
from topics.rooms.mark import Mark
from topics.rooms.scripts import PATIENCE_SECONDS, Call, read_script, run

HERE = Path(__file__).parent
OPEN, MEASURE, PAGE = (read_script(HERE / f"{name}.lua") for name in ("open", "measure", "page"))
ROOM_MS = 86_400_000
LEASE_SECONDS = 10
PAGE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class RoomState:
    """Where a room stands: its numbering, its last event, and how far boards.ops is contained in it."""

    epoch: str
    seq: int
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Events:
    """Events of a window that were numbered together: their numbers, the mark after the last, their JSON joined by commas."""

    first: int
    last: int
    mark: Mark | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Measure:
    """The oldest event of a wanted replay that is still there (0: none), its age, and the bytes of all."""

    first: int
    age_ms: int
    size: int


class RoomReader:
    """Rooms in Redis, read. Every method raises RedisError, OSError or TimeoutError when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def open(self, rooms: Sequence[str]) -> list[RoomState]:
        """The states of rooms; one that has none, or one of another run of the server, starts a new epoch."""
        calls = [
            Call(
                (keys.state(room), keys.window(room), keys.members(room)),
                (keys.events_channel(room), secrets.token_hex(6), ROOM_MS),
            )
            for room in rooms
        ]
        return [_state(answer) for answer in await run(self._redis, OPEN, calls)]

    async def measure(self, room: str, epoch: str, first: int, last: int, limit_bytes: int) -> Measure | None:
        """What replaying `first` to `last` would take; None when the room's epoch is another."""
        arguments = (epoch, first, last, limit_bytes)
        [answer] = await run(self._redis, MEASURE, [Call((keys.state(room), keys.window(room)), arguments)])
        return None if answer is None else Measure(int(answer[0] or 0), int(answer[1]), int(answer[2]))

    async def page(self, room: str, epoch: str, first: int, last: int) -> list[Events]:
        """Events from `first` on, up to `last`, about PAGE_BYTES of them; none when the epoch is another."""
        arguments = (epoch, first, last, PAGE_BYTES)
        [answer] = await run(self._redis, PAGE, [Call((keys.state(room), keys.window(room)), arguments)])
        return [
            Events(int(first), int(last), Mark.parse(mark.decode()), body) for first, last, mark, body in answer or ()
        ]

    async def presence(self, rooms: Sequence[str]) -> list[dict[str, dict[str, Any]]]:
        """By room, who is there: connection -> what `presence.moved` told last, with `edge` and `at`."""
        pipeline = self._redis.pipeline(transaction=False)
        for room in rooms:
            pipeline.hgetall(keys.members(room))
        async with asyncio.timeout(PATIENCE_SECONDS):
            found: list[Mapping[bytes, bytes]] = await pipeline.execute()
        return [{name.decode(): orjson.loads(move) for name, move in members.items()} for members in found]

    async def living(self, edges: Sequence[str]) -> set[str]:
        """Those of `edges` that live."""
        pipeline = self._redis.pipeline(transaction=False)
        for edge in edges:
            pipeline.exists(keys.lease(edge))
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = await pipeline.execute()
        return {edge for edge, alive in zip(edges, answers, strict=True) if alive}

    async def live(self, edge: str) -> None:
        """Say that `edge` lives, for LEASE_SECONDS."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._redis.set(keys.lease(edge), b"1", ex=LEASE_SECONDS)

    async def die(self, edge: str) -> None:
        """Say that `edge` is gone."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._redis.delete(keys.lease(edge))


def _state(answer: Sequence[bytes]) -> RoomState:
    epoch, seq, mark = answer
    return RoomState(epoch.decode(), int(seq), Mark.parse(mark.decode()))
