"""Every room that has members here, in step with Redis: nothing twice, nothing missing, nothing out of order."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Sequence
from functools import partial
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis

from edge.rooms.cursor import Cursors
from edge.rooms.live_room import LiveRoom, deliver, events_frame
from edge.rooms.presence import TICK_SECONDS as PRESENCE_TICK_SECONDS
from edge.rooms.room_reader import RoomReader
from edge.rooms.stored import StoredElements
from edge.rooms.strokes import Strokes
from edge.rooms.subscriber import AWAY, Subscriber
from edge.rooms.tempo import TICK_SECONDS, Tempo
from edge.rooms.whole_members import WholeMembers
from topics.rooms import keys, notice
from topics.runtime import metrics

OPEN_SECONDS = 3.0
CHECKED_AT_ONCE = 100
LAG_PROBE_SECONDS = 0.1
EVENTS = keys.events_channel("")
PRESENCE = keys.presence_channel("")

log = structlog.get_logger(__name__)


class Listening:
    """Hears what is published, sends it on, and reads from the window what was not heard.

    Args:
        redis: where rooms are.
        cursors: writes the cursors of frames.
        stored: where elements are read that appended points belong to.
        on_reset: a room of a new epoch was closed; its seats are still in it.
        on_gone: these connections of a room were told to be gone.
    """

    def __init__(
        self,
        redis: Redis,
        cursors: Cursors,
        stored: StoredElements,
        *,
        on_reset: Callable[[LiveRoom], None],
        on_gone: Callable[[LiveRoom, Sequence[str]], None],
        on_connected: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.rooms: dict[str, LiveRoom] = {}
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.reader = RoomReader(redis)
        self._cursors = cursors
        self._stored = stored
        self._on_reset = on_reset
        self._on_gone = on_gone
        self._subscriber = Subscriber(redis, self._on_message, on_connected)
        self._tempo = Tempo()
        self._checking = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None

    @property
    def heard(self) -> bool:
        """Whether messages arrive."""
        return self._subscriber.connected

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                group.create_task(self._subscriber.run(), name="rooms: subscriber")
                await self._probe_lag()
            finally:
                self._group = None

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside; Redis being away ends it, whatever else it raises ends the hub."""
        if self._group is None:
            work.close()
            raise ConnectionError("rooms are not listened to")
        return self._group.create_task(_unless_away(work))

    # ---- rooms come and go

    def take(self, room: str) -> LiveRoom:
        """The room, which begins to be listened to if it is not yet. Raises ConnectionError when there is no hub."""
        live = self.rooms.get(room)
        if live is None:
            live = LiveRoom(room, self._cursors, self._whole(room))
            live.opening = self.spawn(self._open(live))
            self.rooms[room] = live
        return live

    def _whole(self, room: str) -> WholeMembers:
        def on_overflow() -> None:
            live = self.rooms.get(room)
            if live is not None:
                self._reset(live, "what is stored of it is too far behind")

        return WholeMembers(
            Strokes(room, self._stored),
            spawn=self.spawn,
            flowing=self.flowing,
            build=partial(events_frame, self._cursors),
            deliver=deliver,
            on_overflow=on_overflow,
        )

    async def opened(self, live: LiveRoom) -> None:
        """Return when the room is open. Raises ConnectionError when that cannot be had now."""
        if live.opening is not None:
            await asyncio.shield(live.opening)
        if not live.open:
            raise ConnectionError(f"{live.name} cannot be opened: Redis is away")

    def close_if_empty(self, live: LiveRoom) -> None:
        """Stop listening to a room that nobody is in or on the way into."""
        if not live.seats:
            self._close(live)

    async def _open(self, live: LiveRoom) -> None:
        """Subscribe, then read where the room stands: nothing between the two is missed."""
        channels = keys.events_channel(live.name), keys.presence_channel(live.name)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                while not live.open and not live.closed:
                    connection = self._subscriber.connections
                    try:
                        await self._subscriber.subscribe(*channels)
                        [state] = await self.reader.open([live.name])
                        [known] = await self.reader.presence([live.name])
                        alive = await self.reader.living(sorted({move["edge"] for move in known.values()}))
                    except AWAY:
                        await asyncio.sleep(0.05)
                        continue
                    # On another connection something may have been published to nobody.
                    if connection == self._subscriber.connections:
                        live.presence.begin({name: move for name, move in known.items() if move["edge"] in alive})
                        live.begin(state)
        except TimeoutError:
            log.warning("a room cannot be opened", room=live.name)
        live.opening = None
        if live.closed or not live.open:
            self._close(live)
        elif live.heard_another_epoch:
            self.spawn(self.check_rooms([live]))
        else:
            self.repair_if_behind(live)

    def _close(self, live: LiveRoom) -> None:
        if not live.closed:
            live.close()
            del self.rooms[live.name]
            if self._group is not None:
                self.spawn(self._unsubscribe(live.name))

    async def _unsubscribe(self, room: str) -> None:
        # Whoever came back meanwhile keeps the subscription.
        if room not in self.rooms:
            await self._subscriber.unsubscribe(keys.events_channel(room), keys.presence_channel(room))

    def _reset(self, live: LiveRoom, why: str) -> None:
        log.info("room reset", room=live.name, why=why)
        metrics.ROOM_RESETS.inc()
        self._close(live)
        self._on_reset(live)

    # ---- what is published

    def _on_message(self, channel: str, payload: bytes) -> None:
        if channel.startswith(EVENTS):
            live = self.rooms.get(channel[len(EVENTS) :])
            if live is not None:
                self._on_events(live, notice.parse(payload))
        elif channel.startswith(PRESENCE):
            live = self.rooms.get(channel[len(PRESENCE) :])
            if live is not None:
                change = orjson.loads(payload)
                live.presence.apply(change["moves"], change["gone"])
                self._on_gone(live, change["gone"])
                self.schedule_presence(live)

    def _on_events(self, live: LiveRoom, news: notice.Notice) -> None:
        verdict = live.hear(news, deliver=self.flowing.is_set())
        if verdict == "reset":
            # Perhaps only an old message that came late.
            self.spawn(self.check_rooms([live]))
        elif verdict == "gap":
            self.repair_if_behind(live)
        elif live.full:
            self.flush(live)
        elif live.pending and live.timer is None:
            loop = asyncio.get_running_loop()
            now, due = loop.time(), live.flushed_at + TICK_SECONDS
            if due > now and self._tempo.busy(now):
                live.timer = loop.call_at(due, self.flush, live)
            else:
                # What arrives in the same turn of the loop goes along.
                live.timer = loop.call_soon(self.flush, live)

    def flush(self, live: LiveRoom) -> None:
        """Send now what waits for the tick."""
        if live.timer is not None:
            live.timer.cancel()
            live.timer = None
        live.flushed_at = now = asyncio.get_running_loop().time()
        self._tempo.wrote(live.flush(busy=self._tempo.busy(now)), now)

    def schedule_presence(self, live: LiveRoom) -> None:
        """Tell who moved and who left at the next tick of the room; the first of a while at once."""
        if not live.open:
            live.presence.forget()
        elif live.presence_timer is None and live.presence_waiting and not live.closed:
            loop = asyncio.get_running_loop()
            live.presence_timer = loop.call_at(live.presence_at, self._flush_presence, live)

    def _flush_presence(self, live: LiveRoom) -> None:
        live.presence_at = asyncio.get_running_loop().time() + PRESENCE_TICK_SECONDS
        if self.flowing.is_set():
            self._tell_presence(live, live.tell_presence())
        else:
            live.presence_timer = None

    def _tell_presence(self, live: LiveRoom, telling: Generator[int]) -> None:
        """One step; edits that wait go out before the next. The next tick begins when this one has ended."""
        loop = asyncio.get_running_loop()
        writes = next(telling, None) if self.flowing.is_set() and not live.closed else None
        if writes is None:
            telling.close()
            live.presence_timer = None
            self.schedule_presence(live)
        else:
            self._tempo.wrote(writes, loop.time())
            live.presence_timer = loop.call_soon(self._tell_presence, live, telling)

    def pause(self) -> None:
        """Send nothing to anybody."""
        self.flowing.clear()

    def resume(self) -> None:
        """Go on, with what happened meanwhile first."""
        if not self.flowing.is_set():
            self.flowing.set()
            for live in list(self.rooms.values()):
                self.repair_if_behind(live)
                self.schedule_presence(live)

    # ---- what was lost

    def repair_if_behind(self, live: LiveRoom) -> asyncio.Task[None] | None:
        """Read what is missing, if something is; the task that does."""
        if live.repairing is None and live.sequence.behind and not live.closed and self.flowing.is_set():
            live.repairing = self.spawn(self._repair(live))
        return live.repairing

    async def _repair(self, live: LiveRoom) -> None:
        try:
            while live.sequence.behind and not live.closed and self.flowing.is_set():
                stood = live.sequence.seq
                events = await self.reader.page(live.name, live.sequence.epoch, stood + 1, live.sequence.heard)
                if live.closed or not self.flowing.is_set():
                    return
                if not live.fill(events) and live.sequence.seq == stood:
                    self._reset(live, f"the window no longer has what follows {stood}")
                    return
                metrics.ROOM_GAPS.inc()
                self.flush(live)
        finally:
            live.repairing = None

    async def check(self) -> None:
        """Compare every room with Redis: a lost last message leaves no gap behind it that anybody would see."""
        rooms = [live for live in self.rooms.values() if live.open]
        for start in range(0, len(rooms), CHECKED_AT_ONCE):
            await self.check_rooms(rooms[start : start + CHECKED_AT_ONCE])

    async def check_rooms(self, rooms: Sequence[LiveRoom]) -> None:
        """Compare some rooms with Redis, which makes a new epoch of one that it lost."""
        async with self._checking:
            rooms = [live for live in rooms if not live.closed]
            if not rooms:
                return
            stood = [live.sequence.seq for live in rooms]
            states = await self.reader.open([live.name for live in rooms])
        for live, state, seq in zip(rooms, states, stood, strict=True):
            if live.closed:
                continue
            if state.epoch != live.sequence.epoch:
                self._reset(live, "its epoch is another")
            elif state.seq < seq:
                self._reset(live, "Redis has lost events of it")
            else:
                live.sequence.heard = max(live.sequence.heard, state.seq)
                self.repair_if_behind(live)

    async def _probe_lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_PROBE_SECONDS
            await asyncio.sleep(LAG_PROBE_SECONDS)
            self._tempo.lagged(loop.time() - due, loop.time())


async def _unless_away(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except AWAY as error:
        # Everything is compared again when Redis is back.
        log.info("Redis is away", reason=repr(error))
