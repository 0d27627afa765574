"""Readers that do not read, in a room with somebody who does: the deaf are sent away, and he is timed beside them."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from jobs.bench.load.refusal import Refused
from jobs.bench.load.socket import Socket
from jobs.rectangle import element
from jobs.soak.told import Told
from jobs.soak.wire import LOST, bytes_to

LARGE_BYTES = 150_000
RATE = 4.0
ALONE_SECONDS = 8.0
AT_MOST_SECONDS = 90.0
SENT = re.compile(rb'"sent":(\d+)')


@dataclass(frozen=True, slots=True)
class Room:
    """Where large things are drawn: the board, somebody's token, how many deaf come."""

    url: str
    token: str
    board: str
    deaf: int
    told: Told
    # How many sockets the edge has closed as too slow.
    cut: Callable[[], int]

    async def round(self) -> None:
        """Draw for a while, then with deaf readers until all of them are gone."""
        writer, reader = [await Socket.connect(self.url, self.token) for _ in range(2)]
        when = "alone"

        def seen(payload: bytes, _packed: bool, now: int) -> None:
            for sent in SENT.findall(payload):
                self.told.timed(f"seen {when}")((now - int(sent)) / 1e9)

        try:
            await reader.join(self.board)
            reader.on_text = seen
            large = element(id="large-thing-of-this-board")
            await self._draw(writer, large, time.monotonic() + ALONE_SECONDS, lambda: False)
            before, when = self.cut(), "beside deaf readers"
            async with asyncio.TaskGroup() as group:
                waiting = [group.create_task(self._deaf()) for _ in range(self.deaf)]
                # They have not read a byte since they joined.
                await self._draw(
                    *(writer, large, time.monotonic() + AT_MOST_SECONDS),
                    lambda: self.cut() - before >= self.deaf,
                )
                for task in waiting:
                    task.cancel()
            gone = self.cut() - before
            self.told.counts["a reader that does not read: 4450"] += gone
            self.told.counts["a reader that does not read: kept"] += max(0, self.deaf - gone)
            if writer.closed or reader.closed:
                self.told.counts[f"somebody beside the deaf was closed: {writer.closed or reader.closed}"] += 1
        except (*LOST, Refused) as error:
            self.told.counts[f"a round with deaf readers broke off: {type(error).__name__}"] += 1
        finally:
            writer.close()
            reader.close()

    async def _draw(self, writer: Socket, large: dict[str, object], until: float, done: Callable[[], bool]) -> None:
        while time.monotonic() < until and not done() and writer.closed is None:
            now = time.monotonic_ns()
            large["version"] = int(time.time() * 10) % 2**30
            large["customData"] = {"sent": now, "x": "y" * LARGE_BYTES}
            data = {"board_id": self.board, "elements": [large]}
            writer.write(orjson.dumps({"kind": "send", "id": str(now), "type": "boards.draw", "data": data}))
            await asyncio.sleep(1 / RATE)

    async def _deaf(self) -> None:
        try:
            async with bytes_to(self.url) as line:
                await line.greeted(self.token)
                await line.say({"kind": "join", "room": f"board:{self.board}", "since": None})
                await asyncio.sleep(AT_MOST_SECONDS)
        except LOST:
            self.told.counts["a reader that does not read: not let in"] += 1
