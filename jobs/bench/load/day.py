"""The act of a mixed day: people draw and point in rooms, others come for a moment, others make boards, all at once."""

import asyncio
import random
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from jobs.bench.load import deciding, rooms
from jobs.bench.load.pacing import pace
from jobs.bench.load.socket import Socket
from jobs.bench.load.times import Times
from jobs.bench.load.web import Web

Json = dict[str, Any]


class Act:
    """The acts of rooms and of decided actions side by side, with visitors between them."""

    def __init__(self, name: str) -> None:
        self._rooms, self._deciding = rooms.Act(name), deciding.Act(name)
        self._url = ""
        self._places: list[tuple[str, str]] = []
        self._visits, self._visit_times, self._failed = 0, Times(), 0

    async def open(self, url: str, rooms: Sequence[Json], accounts: Sequence[str], *, compress: bool = False) -> Json:
        """Everybody who stays comes in."""
        self._url = url
        self._places = [(room["board"], person["token"]) for room in rooms for person in room["members"]]
        await self._rooms.open(url, rooms, compress=compress)
        await self._deciding.open(url, accounts)
        return {}

    async def draw(
        self,
        begin_ns: int,
        warmup: float,
        seconds: float,
        *,
        draw_rate: float,
        move_rate: float,
        visit_rate: float,
        action_rate: float,
    ) -> Json:
        """All of it; what `rooms` and `deciding` tell, and the visits."""
        end_ns = begin_ns + round((warmup + seconds) * 1e9)
        async with asyncio.TaskGroup() as group:
            visits = [partial(self._begin, group)]
            drawing = group.create_task(
                self._rooms.draw(begin_ns, warmup, seconds, draw_rate=draw_rate, move_rate=move_rate, lag=True)
            )
            half = action_rate / 2
            deciding = group.create_task(
                self._deciding.decide(begin_ns, warmup, seconds, rest_rate=half, socket_rate=half)
            )
            group.create_task(pace(visits, visit_rate, begin_ns, end_ns, Times()))
        return {
            "drawn": drawing.result(),
            "decided": deciding.result(),
            "visits": self._visits,
            "visit": self._visit_times.written(),
            "visits_failed": self._failed,
        }

    async def finish(self, acked: dict[str, int], moves: dict[str, dict[str, int]]) -> Json:
        """As in `rooms`."""
        return await self._rooms.finish(acked, moves)

    async def close(self) -> Json:
        """Hang up."""
        await self._rooms.close()
        return await self._deciding.close()

    def _begin(self, group: asyncio.TaskGroup) -> None:
        group.create_task(self._visit(*random.choice(self._places), time.monotonic_ns()))

    async def _visit(self, board: str, token: str, begin_ns: int) -> None:
        """Come, read the board, join it, and go."""
        web = Web(self._url, token, gzip=True)
        self._visits += 1
        try:
            socket = await Socket.connect(self._url, token)
            snapshot = await web.call("GET", f"/api/boards/{board}/elements")
            await socket.join(board, snapshot["cursor"])
            self._visit_times.add((time.monotonic_ns() - begin_ns) // 1000)
            socket.close()
        except Exception:  # noqa: BLE001 - one who could not come in is counted, whatever it was
            self._failed += 1
        finally:
            web.close()
