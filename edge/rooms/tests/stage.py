"""Hubs on a real Valkey, the fan-out's own writer for them to listen to, and members that remember what they were sent."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis

from consumers.room_fanout.entry import Entry
from consumers.room_fanout.presence import fold
from consumers.room_fanout.store import RoomStore
from edge.rooms.cursor import Cursor, Cursors
from edge.rooms.frames import FINAL_TEXT, Prepared
from edge.rooms.hub import Rooms
from edge.rooms.member import Joined, Person
from edge.rooms.moves import Moves
from edge.rooms.replay import Limits
from edge.rooms.stored import Stored
from edge.rooms.subscriber import AWAY
from edge.rooms.wiring import rooms_redis
from schemas.boards.append import DRAW, Op, fold_ops
from schemas.ids import new_id
from schemas.keyring import Keyring
from topics.errors import Unavailable
from topics.rooms import keys
from topics.rooms.mark import Mark
from topics.runtime.settings import Settings

LIMIT_SECONDS = 30
# No check comes in between but one that a test asks for, which then tells what is found without it.
NEVER_SECONDS = 3600.0
CURSORS = Cursors(Keyring("k1", {"k1": b"k" * 32}))


def payload_of(frame: Prepared) -> Any:
    """What a text frame of a server says."""
    raw = frame.plain
    assert raw[0] == FINAL_TEXT
    return orjson.loads(raw[{126: 4, 127: 10}.get(raw[1], 2) :])


async def until(condition: Callable[[], Any], what: str = "", seconds: float = LIMIT_SECONDS) -> None:
    """Wait until something holds."""
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not in {seconds} s: {what or condition}") from None


def cursor_of(member: "Recorder", room: str) -> Cursor:
    """Where a member stands."""
    return CURSORS.decode(room, member.cursor)


def deaf(rooms: Rooms) -> None:
    """Messages get lost from here on."""
    rooms.missed = 0

    def lose(channel: str, payload: bytes) -> None:
        rooms.missed += channel.startswith("room:")

    rooms._listening._subscriber._on_message = lose


def hearing(rooms: Rooms) -> None:
    """Messages arrive again."""
    rooms._listening._subscriber._on_message = rooms._listening._on_message


class Recorder:
    """A member that writes down what it is told, in order."""

    def __init__(self, connection: str, *, takes_appends: bool = True) -> None:
        self.takes_appends = takes_appends
        self.person = Person(connection, new_id(), f"name of {connection}", "#123456")
        self.answers: list[Joined] = []
        self.events: list[dict[str, Any]] = []
        self.replayed = 0
        self.cursor = ""
        self.presence: list[dict[str, Any]] = []
        self.resets: list[str] = []
        self.behind = False
        self.reading = asyncio.Event()
        self.reading.set()

    def joined(self, joined: Joined) -> None:
        self.answers.append(joined)
        self.cursor = joined.cursor
        self.events.clear()

    def deliver(self, frame: Prepared) -> None:
        told = payload_of(frame)
        if told["kind"] == "presence":
            self.presence.append(told)
        else:
            assert told["epoch"] == self.answers[-1].epoch
            self.events += told["events"]
            self.cursor = told["cursor"]

    async def replay(self, frame: Prepared) -> None:
        self.replayed += 1
        self.deliver(frame)
        await self.reading.wait()

    def reset(self, room: str) -> None:
        self.resets.append(room)

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for event in self.events]

    @property
    def moves(self) -> dict[str, Any]:
        return {move["connection"]: move["data"] for told in self.presence for move in told["moves"]}

    @property
    def names(self) -> dict[str, str]:
        return {m["connection"]: m["name"] for told in self.presence for m in told["moves"] if "name" in m}

    @property
    def gone(self) -> list[str]:
        return [connection for told in self.presence for connection in told["gone"]]


@dataclass
class Log:
    """Stands for the log and the fan-out: numbers offsets, and puts events into rooms by the fan-out's own writer."""

    store: RoomStore
    offsets: "itertools.count[int]" = field(default_factory=itertools.count)
    ops: list[tuple[int, Op]] = field(default_factory=list)
    # How far elements are stored; None: all of them, at once.
    stored_next: int | None = None
    reads: int = 0

    async def draw(
        self, room: str, n: int = 1, size: int = 0, now_ms: int | None = None, *, together: bool = False
    ) -> None:
        """So many events, each numbered for itself or all `together`."""
        entries = []
        for _ in range(n):
            offset = next(self.offsets)
            body = orjson.dumps({"id": new_id(), "pad": "x" * size})[1:]
            entries.append(Entry("boards.ops", 0, "g1", offset, f"g1:0:{offset + 1}", "", (body,)))
        for run in [entries] if together else [[entry] for entry in entries]:
            await self.store.append({room: run}, now_ms)

    async def op(self, room: str, *ops: Op) -> None:
        """Put ops into one record: into the room as the fan-out does it, and into what is stored."""
        offset = next(self.offsets)
        shells = [{"id": new_id(), "client_id": None, "actor": None, "connection": None, "time": ""} for _ in ops]
        bodies = [
            orjson.dumps(
                shell | {"type": type_, "data": data} | ({} if type_ == DRAW else {"log": "g1", "offset": offset})
            )
            for shell, (type_, data) in zip(shells, ops, strict=True)
        ]
        # The fan-out's events begin with their type: nothing here reads them by anything but their fields.
        entry = Entry("boards.ops", 0, "g1", offset, f"g1:0:{offset + 1}", "", tuple(body[1:] for body in bodies))
        self.ops += [(offset, op) for op in ops]
        await self.store.append({room: [entry]})

    def state(self, before: int | None = None) -> dict[str, Any]:
        """What the ops before an offset leave."""
        return dict(fold_ops(op for offset, op in self.ops if before is None or offset < before))

    async def read(self, board_id: str, ids: Collection[str], wanted: Mark) -> Stored | None:
        """The stored elements, as `edge.rooms.stored.StoredElements`."""
        self.reads += 1
        following = self.ops[-1][0] + 1 if self.stored_next is None else self.stored_next
        await asyncio.sleep(0)
        if following < wanted.next:
            return None
        state = self.state(following)
        return Stored({id_: state[id_] for id_ in ids if id_ in state}, following)

    async def move(self, room: str, value: bytes) -> None:
        try:
            await self.store.change_presence(fold([(orjson.loads(value), 0)]))
        except AWAY as error:
            raise Unavailable(repr(error)) from error


class Edges:
    """Hubs of this test."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._running: dict[Rooms, tuple[asyncio.Task[None], Redis]] = {}

    async def start(
        self, limits: Limits | None = None, send: Callable[[str, bytes], Awaitable[None]] | None = None
    ) -> Rooms:
        """A hub that listens and is known to live; it compares its rooms with Redis when `check` is called."""
        redis = rooms_redis(self._settings)
        edge = new_id()
        rooms = Rooms(
            redis,
            CURSORS,
            Moves(edge, send or self._log.move),
            self._log,
            edge=edge,
            limits=limits or Limits(events=1000, seconds=300, bytes=2 * 1024 * 1024),
            check_seconds=NEVER_SECONDS,
        )
        self._running[rooms] = asyncio.create_task(rooms.run()), redis
        await until(lambda: rooms._listening._subscriber.connected, "the hub listens")
        async with asyncio.timeout(LIMIT_SECONDS):
            # Who is on an edge without a lease is nobody for the others.
            while not await redis.exists(keys.lease(edge)):  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.005)
        return rooms

    async def stop(self, rooms: Rooms, *, crash: bool = False) -> None:
        task, redis = self._running.pop(rooms)
        if crash:

            async def nothing() -> None:
                """A killed process says nothing."""

            rooms._end = nothing
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await redis.aclose()

    async def stop_all(self) -> None:
        for rooms in list(self._running):
            await self.stop(rooms)
