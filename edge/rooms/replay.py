"""Giving a member what it missed: whether that is possible, and page by page as fast as its client reads."""

import asyncio
from dataclasses import dataclass
from typing import Literal

import structlog

from edge.rooms.cursor import Cursor
from edge.rooms.live_room import LiveRoom, Seat, events_frame
from edge.rooms.room_reader import Measure, RoomReader
from edge.rooms.stored import StoredElements
from edge.rooms.strokes import Strokes
from edge.rooms.subscriber import AWAY

AGAIN_SECONDS = 0.25

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a replay may take at most, unless the cursor came with a snapshot a moment ago."""

    events: int
    seconds: int
    bytes: int


def refusal(since: Cursor, last: int, found: Measure, limits: Limits, now_ms: float) -> Literal["window"] | None:
    """Why the events after `since`, up to `last`, cannot be replayed, if so."""
    if found.first != since.seq + 1:
        return "window"
    if since.fresh_until_ms > now_ms:
        return None
    over = last - since.seq > limits.events or found.age_ms > limits.seconds * 1000 or found.size > limits.bytes
    return "window" if over else None


async def replay(
    room: LiveRoom,
    reader: RoomReader,
    seat: Seat,
    since: Cursor,
    *,
    stored: StoredElements,
    flowing: asyncio.Event,
) -> bool:
    """Send what happened after `since` until the member has all that the others have; False when it cannot be had.

    On True the caller must add the member to the live ones before anything else happens, unless the seat is left.
    """
    # Of its own: those of the room stand further.
    strokes = Strokes(room.name, stored)
    seq = since.seq
    while seq < room.sequence.seq and not seat.left:
        await flowing.wait()
        try:
            events = await reader.page(room.name, room.sequence.epoch, seq + 1, room.sequence.seq)
        except AWAY as error:
            log.info("a replay waits for Redis", room=room.name, reason=repr(error))
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        if seat.left:
            break
        if not events or events[0].first != seq + 1:
            return False
        cursor = Cursor(room.name, room.sequence.epoch, events[-1].last, events[-1].mark)
        bodies = [each.body for each in events]
        if not seat.member.takes_appends:
            # A page may end before the first op of a room, and then has no mark.
            whole = await strokes.pass_on(bodies, cursor.mark or room.mark)
            if seat.left:
                break
            if whole is None:
                log.info("a replay waits for the store", room=room.name)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            bodies = whole
        seq = cursor.seq
        await seat.member.replay(events_frame(room.cursors, cursor, bodies))
    return True
