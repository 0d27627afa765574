"""Rooms in Redis: numbered events with their window, and who is there."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from redis.asyncio import Redis

from consumers.room_fanout.entry import Entry, chunks
from consumers.room_fanout.presence import Change
from topics.rooms import keys
from topics.rooms.scripts import PATIENCE_SECONDS, Call, read_script, run

APPEND = read_script(Path(__file__).with_name("append.lua"))
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Window:
    """How long a room's events can be replayed.

    `young_ms`: an event is always kept that long: a cursor given with a snapshot is good for 60 s, and up to 5 s may
    pass between reading the room and answering, some more until the client has read the answer.
    Older events are kept within `keep_ms`, `keep_events` and `keep_bytes`, all three; nothing goes over `most_bytes`.
    """

    keep_events: int
    keep_ms: int
    young_ms: int = 75_000
    keep_bytes: int = 8 * 1024 * 1024
    most_bytes: int = 64 * 1024 * 1024
    state_ms: int = DAY_MS


class RoomStore:
    """The rooms. A failure half-way is repaired by doing the same again."""

    def __init__(self, redis: Redis, window: Window) -> None:
        self._redis = redis
        self._window = window

    async def append(self, rooms: Mapping[str, Sequence[Entry]], now_ms: int | None = None) -> int:
        """Number, keep and publish what is new in `rooms`; how many events that was.

        Args:
            rooms: by room, its entries in log order.
            now_ms: the time, where it should not be the server's.

        Raises:
            redis.exceptions.RedisError, OSError, TimeoutError: part of it may have happened.
        """
        calls = [self._call(room, chunk, now_ms) for room, entries in rooms.items() for chunk in chunks(entries)]
        answers = await run(self._redis, APPEND, calls)
        return sum(answer[2] for answer in answers)

    async def change_presence(self, rooms: Mapping[str, Change]) -> None:
        """Remember and publish who moved and who left.

        Raises:
            redis.exceptions.RedisError, OSError, TimeoutError: part of it may have happened.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for room, change in rooms.items():
            key = keys.members(room)
            if change.moves:
                pipeline.hset(key, mapping={name: orjson.dumps(move) for name, move in change.moves.items()})
                pipeline.pexpire(key, DAY_MS)
            if change.gone:
                pipeline.hdel(key, *change.gone)
            told = {"moves": list(change.moves.values()), "gone": list(change.gone)}
            pipeline.publish(keys.presence_channel(room), orjson.dumps(told))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await pipeline.execute()

    def _call(self, room: str, entries: Sequence[Entry], now_ms: int | None) -> Call:
        window = self._window
        return Call(
            keys=(keys.state(room), keys.window(room)),
            arguments=(
                keys.events_channel(room),
                secrets.token_hex(6),
                "" if now_ms is None else now_ms,
                window.young_ms,
                window.keep_ms,
                window.keep_events,
                window.keep_bytes,
                window.most_bytes,
                window.state_ms,
                *(argument for entry in entries for argument in entry.arguments()),
            ),
        )
