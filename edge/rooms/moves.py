"""This edge's moves on their way to the log: joined per room and tick, the latest of each connection."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from edge.rooms.member import Person
from topics.errors import DoskaError

TICK_SECONDS = 0.05
RETRY_SECONDS = 1.0
# A record of presence.moves is at most 1 MiB.
RECORD_BYTES = 400_000
RECORD_CONNECTIONS = 5000

# Sends the data of one `presence.moved` of a room; returns when the log has it.
Send = Callable[[str, bytes], Awaitable[None]]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Outbox:
    """What waits for one room; `None` is a connection that left."""

    changes: dict[str, bytes | None] = field(default_factory=dict)
    due_at: float = 0.0
    sending: bool = False
    timer: asyncio.Handle | None = None


class Moves:
    """Coalesces moves. Moves may be lost when the log is away; joins and leavings are sent until they are there."""

    def __init__(self, edge: str, send: Send) -> None:
        self._edge = edge
        self._send = send
        self._outboxes: dict[str, _Outbox] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for room in list(self._outboxes):
                    self._schedule(room)
                await asyncio.get_running_loop().create_future()
            finally:
                self._group = None

    async def settle(self) -> None:
        """Send what waits now, once; for the end of the process."""
        for room, outbox in list(self._outboxes.items()):
            changes, outbox.changes = outbox.changes, {}
            for value in self._records(room, changes):
                await self._send(room, value)

    def move(self, room: str, person: Person, data: dict[str, Any]) -> None:
        """A connection moved; empty data: it joined."""
        self._put(
            room,
            person.connection,
            orjson.dumps(
                {
                    "connection": person.connection,
                    "user_id": person.user_id,
                    "name": person.name,
                    "color": person.color,
                    "data": data,
                }
            ),
        )

    def gone(self, room: str, connection: str) -> None:
        """A connection left."""
        self._put(room, connection, None)

    def _put(self, room: str, connection: str, change: bytes | None) -> None:
        outbox = self._outboxes.setdefault(room, _Outbox())
        outbox.changes[connection] = change
        self._schedule(room)

    def _schedule(self, room: str) -> None:
        outbox = self._outboxes[room]
        if self._group is None or outbox.sending or outbox.timer is not None:
            return
        # The first move of a while goes at once, those behind it wait for the tick.
        outbox.timer = asyncio.get_running_loop().call_at(outbox.due_at, self._begin, room)

    def _begin(self, room: str) -> None:
        outbox = self._outboxes[room]
        outbox.timer = None
        if self._group is None:
            return
        if not outbox.changes:
            del self._outboxes[room]
            return
        outbox.sending = True
        self._group.create_task(self._flush(room, outbox), name=f"moves of {room}")

    async def _flush(self, room: str, outbox: _Outbox) -> None:
        loop = asyncio.get_running_loop()
        changes, outbox.changes = outbox.changes, {}
        wait = TICK_SECONDS
        try:
            for value in self._records(room, changes):
                await self._send(room, value)
        except DoskaError as error:
            log.info("presence is not sent", room=room, reason=str(error))
            kept = {name: change for name, change in changes.items() if change is None or b'"data":{}}' in change}
            outbox.changes = kept | outbox.changes
            wait = RETRY_SECONDS
        finally:
            outbox.sending = False
        outbox.due_at = loop.time() + wait
        # Also with nothing to send: the next timer forgets an idle room.
        self._schedule(room)

    def _records(self, room: str, changes: dict[str, bytes | None]) -> list[bytes]:
        records: list[bytes] = []
        moves: list[bytes] = []
        gone: list[str] = []
        size = 0
        for name, change in changes.items():
            if size > RECORD_BYTES or len(moves) + len(gone) >= RECORD_CONNECTIONS:
                records.append(self._record(room, moves, gone))
                moves, gone, size = [], [], 0
            if change is None:
                gone.append(name)
            else:
                moves.append(change)
                size += len(change)
        if moves or gone:
            records.append(self._record(room, moves, gone))
        return records

    def _record(self, room: str, moves: list[bytes], gone: list[str]) -> bytes:
        return b'{"room":%b,"edge":%b,"moves":[%b],"gone":%b}' % (
            orjson.dumps(room),
            orjson.dumps(self._edge),
            b",".join(moves),
            orjson.dumps(gone),
        )
