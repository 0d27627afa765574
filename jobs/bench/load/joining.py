"""The act of many people who open one board at the same moment, while somebody draws on it."""

import asyncio
import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jobs.bench.load import op_id
from jobs.bench.load.drawing import Pen
from jobs.bench.load.member import Member
from jobs.bench.load.pacing import pace
from jobs.bench.load.room_log import RoomLog
from jobs.bench.load.socket import Socket
from jobs.bench.load.times import Times
from jobs.bench.load.web import Answer, Web

SETTLE_SECONDS = 15.0
POLL_SECONDS = 0.02
NOBODY = op_id.OpId("", 0, 0)
BEGIN_BYTES = 1024
CURSOR = re.compile(rb'"cursor":"([^"\\]+)"')
Json = dict[str, Any]


@dataclass(slots=True)
class Newcomer:
    """Somebody who came in, and when (monotonic nanoseconds)."""

    member: Member
    snapshot: Answer
    seq: int
    greeted_ns: int
    read_ns: int
    joined_ns: int


class Act:
    """Newcomers to one board, and perhaps the one who draws."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._url, self._board = "", ""
        self._log = RoomLog()
        self._writer: Member | None = None
        self._came: list[Newcomer] = []
        self._failed: list[str] = []
        self._begin_ns = 0
        self._compress = False

    async def open(self, url: str, board: str, writer: str | None, *, compress: bool = False) -> Json:
        """Let the one who draws come in."""
        self._url, self._board, self._compress = url, board, compress
        if writer is not None:
            self._writer = await self._member(writer, "writer")
            await self._writer.join()
        return {}

    async def storm(self, tokens: Sequence[str], begin_ns: int, *, draw_rate: float, draw_seconds: float) -> Json:
        """At that moment all connect, greet, read the board and join it."""
        self._begin_ns = begin_ns
        async with asyncio.TaskGroup() as group:
            if self._writer is not None:
                # It draws before and after, so that snapshots and events have to fit together.
                end_ns = begin_ns + round(draw_seconds * 1e9)
                group.create_task(pace([Pen(self._writer).draw], draw_rate, time.monotonic_ns(), end_ns, Times()))
            await asyncio.sleep(max(0.0, (begin_ns - time.monotonic_ns()) / 1e9))
            for number, token in enumerate(tokens):
                group.create_task(self._come(token, number))
        acked = sorted(self._log.acked)
        return {"joined": len(self._came), "failed": self._failed[:5], "acked": acked}

    async def finish(self, acked: Sequence[str], elements: int) -> Json:
        """Wait until everybody has seen what was drawn; what everybody had."""
        members = [each.member for each in self._came] + ([self._writer] if self._writer else [])
        deadline = time.monotonic() + SETTLE_SECONDS
        # An event would have to be set in the hot path of every frame.
        while time.monotonic() < deadline:
            # The last op may be acknowledged after the list was made, and before it is shown.
            shown = not self._unseen(acked) and self._log.acked <= self._log.seen
            if shown and all(m.complete and not m.waiting for m in members):
                break
            await asyncio.sleep(POLL_SECONDS)
        faults = self._log.verify()
        for member in members:
            faults.include(member.finish())
            member.socket.close()
        faults.refused += len(self._failed)
        faults.lost += len(self._unseen(acked)) + self._verify_snapshots(elements)
        greeted, read, joined = Times(), Times(), Times()
        for each in self._came:
            greeted.add((each.greeted_ns - self._begin_ns) // 1000)
            read.add((each.read_ns - self._begin_ns) // 1000)
            joined.add((each.joined_ns - self._begin_ns) // 1000)
        return {
            "faults": faults.written(),
            "greeted": greeted.written(),
            "read": read.written(),
            "joined": joined.written(),
            "snapshot_bytes": sum(each.snapshot.wire_bytes for each in self._came),
        }

    async def _member(self, token: str, number: object) -> Member:
        socket = await Socket.connect(self._url, token, compress=self._compress)
        member = Member(socket, self._board, f"{self._name}-{number}")
        member.log = self._log
        return member

    async def _come(self, token: str, number: int) -> None:
        web = Web(self._url, token, gzip=True)
        try:
            member = await self._member(token, number)
            greeted = time.monotonic_ns()
            snapshot = await web.request("GET", f"/api/boards/{self._board}/elements")
            if snapshot.status != 200:
                self._failed.append(f"elements: {snapshot.status}")
                return
            read = time.monotonic_ns()
            # All that a client does with a snapshot comes after the clock; the cursor it needs now.
            joined = await member.join(_cursor(snapshot))
            self._came.append(Newcomer(member, snapshot, joined["seq"], greeted, read, time.monotonic_ns()))
        except Exception as error:  # noqa: BLE001 - one who could not come in is counted, whatever it was
            self._failed.append(repr(error))
        finally:
            web.close()

    def _unseen(self, acked: Sequence[str]) -> set[str]:
        """What was acknowledged after the first cursor here, and shown to nobody here."""
        # The writer draws one element: the number of an op is the element's version.
        first = 0 if self._writer else min((_held(each.snapshot)[1] for each in self._came), default=0)
        return {name for name in acked if name not in self._log.seen and (op_id.read(name) or NOBODY).number > first}

    def _verify_snapshots(self, elements: int) -> int:
        """How many snapshots were not whole, or did not fit the events that followed."""
        wrong = 0
        for each in self._came:
            following = op_id.read(self._log.ids.get(each.seq + 1))
            wrong += _held(each.snapshot)[0] < elements
            wrong += following is not None and following.number > _held(each.snapshot)[1] + 1
        return wrong


@cache
def _held(snapshot: Answer) -> tuple[int, int]:
    """How many elements, and the version of the one that is drawn: the others stay at their first."""
    versions = {one["id"]: one["version"] for one in snapshot.json()["elements"]}
    return len(versions), max(versions.values(), default=0)


def _cursor(snapshot: Answer) -> str:
    """Mostly from the beginning alone: a browser has a core of its own for the rest, this process plays hundreds."""
    gzipped = snapshot.headers.get("content-encoding") == "gzip"
    raw = snapshot.raw
    begin = zlib.decompressobj(31).decompress(raw, BEGIN_BYTES) if gzipped else raw[:BEGIN_BYTES]
    found = CURSOR.search(begin)
    cursor: str = found[1].decode() if found else snapshot.json()["cursor"]
    return cursor
