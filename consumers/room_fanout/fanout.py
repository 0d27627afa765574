"""One poll of records into their rooms."""

from collections.abc import Collection

from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from consumers.room_fanout.entry import Entry
from consumers.room_fanout.handler import OPS_RECORD, OpTypes, Place, room_events
from consumers.room_fanout.presence import fold
from consumers.room_fanout.store import RoomStore
from topics.bus.message import Message
from topics.errors import Retry
from topics.rooms.mark import Mark
from topics.runtime import metrics
from topics.runtime.steps import Step, steps

MOVED = "presence.moved"
# Answers by which a living server says "not now"; any other refusal is a bug of the script.
NOT_NOW = (BusyLoadingError, OutOfMemoryError, ReadOnlyError)
NOT_NOW_WORDS = ("MISCONF", "NOREPLICAS", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "BUSY")


class Fanout:
    """The effect of this consumer. The same messages again change nothing."""

    def __init__(self, store: RoomStore, ops: OpTypes) -> None:
        self._store = store
        self._ops = ops

    async def on_batch(self, messages: Collection[Message], polled_ns: int = 0) -> None:
        """Show messages, in log order per partition, in their rooms. Raises Retry while Redis is away."""
        if steps.on:
            _mark("fetched", messages, polled_ns)
            _mark("decoded", messages)
        rooms: dict[str, list[Entry]] = {}
        moves = []
        for message in messages:
            if message.type.name == MOVED:
                moves.append((message.data, message.timestamp_ms))
                continue
            place = Place(message.generation, message.offset)
            for room, bodies in room_events(message.type, self._ops, message.envelope, message.data, place).items():
                rooms.setdefault(room, []).append(_entry(message, bodies))
        try:
            if rooms:
                metrics.ROOM_EVENTS.inc(await self._store.append(rooms))
                if steps.on:
                    _mark("scripted", messages)
            if moves:
                await self._store.change_presence(fold(moves))
        except (RedisError, OSError, TimeoutError) as error:
            if is_away(error):
                raise Retry(f"Redis is not there: {error!r}") from error
            raise


def is_away(error: Exception) -> bool:
    """Whether the same may succeed later."""
    if not isinstance(error, ResponseError) or isinstance(error, NOT_NOW):
        return True
    return str(error).startswith(NOT_NOW_WORDS)


def _entry(message: Message, bodies: list[bytes]) -> Entry:
    is_ops = message.type.name == OPS_RECORD
    return Entry(
        topic=message.topic,
        partition=message.partition,
        generation=message.generation,
        offset=message.offset,
        mark=str(Mark(message.generation, message.partition, message.offset + 1)) if is_ops else "",
        fact_id="" if is_ops else message.envelope.id,
        bodies=tuple(bodies),
    )


def _mark(step: Step, messages: Collection[Message], at_ns: int | None = None) -> None:
    """Note a step of the ops in these messages."""
    for message in messages:
        if message.type.name == OPS_RECORD:
            steps.mark(step, [op["client_id"] for op in message.data["ops"]], at_ns)
