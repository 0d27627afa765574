"""One member of a room: whether it is shown every event once and in order, and the newest move of everybody."""

import time
from typing import Any

from jobs.bench.load.faults import Faults
from jobs.bench.load.op_id import OpId, read
from jobs.bench.load.room_log import RoomLog, Shape
from jobs.bench.load.socket import Socket
from jobs.bench.load.times import Times

# A gap as wide as this is counted as lost without a list of what might still come.
LONGEST_LIST = 100_000


class Member:
    """A socket in a room. It is given a fresh `RoomLog` for each measurement."""

    def __init__(self, socket: Socket, board: str, author: str) -> None:
        self.socket = socket
        self.board = board
        self.author = author
        self.log = RoomLog()
        self.faults = Faults()
        self.waiting: dict[str, int] = {}
        self.ack_times = Times()
        self.late_seen = Times()
        self.measured = (0, 0)
        self.delivered = 0
        self.moves_delivered = 0
        self.newest: dict[str, int] = {}
        self.seq = -1
        self.ops = 0
        self.moves = 0
        self.last_ack: tuple[str, int] | None = None
        self._missing: set[int] = set()
        self._early: list[tuple[bytes, bool, int]] | None = []
        socket.on_text = self._take

    async def join(self, since: str | None = None) -> dict[str, Any]:
        """Come in; the `joined` frame. Raises Refused."""
        joined = await self.socket.join(self.board, since)
        self.seq = joined["seq"]
        early, self._early = self._early or [], None
        for frame in early:
            self._take(*frame)
        return joined

    def begin(self, log: RoomLog, from_ns: int, to_ns: int) -> None:
        """Measure anew; ops sent in between are timed."""
        self.log, self.measured = log, (from_ns, to_ns)
        self.faults, self.ack_times, self.late_seen = Faults(), Times(), Times()
        self.delivered = self.moves_delivered = 0
        self.newest = {}
        self._missing = set()

    def send(self, payload: bytes, identifier: OpId) -> None:
        """Send an op."""
        self.waiting[identifier.written()] = identifier.sent_ns
        self.socket.write(payload)

    def finish(self) -> Faults:
        """What was wrong for this member; call when nothing is expected any more."""
        self.faults.lost += len(self._missing) + max(0, self.log.last - self.seq)
        self.faults.unacknowledged += len(self.waiting)
        self.faults.closed += self.socket.closed is not None
        self.waiting = {}
        return self.faults

    @property
    def complete(self) -> bool:
        """Whether it was shown all that anybody here was shown."""
        return self.seq >= self.log.last and not self._missing

    def _take(self, payload: bytes, compressed: bool, now: int) -> None:
        if self._early is not None:
            self._early.append((payload, compressed, now))
            return
        shape = self.log.shape(payload, compressed)
        if shape.kind == "events":
            if shape.first == self.seq + 1:
                self.seq = shape.last
                self.delivered += len(shape.events)
                shape.arrived_ns.append(now)
            else:
                self._see_each(shape, now)
        elif shape.kind == "presence":
            self._see_moves(shape, now)
        else:
            self._answered(shape.kind, shape.frame, now)

    def _see_each(self, shape: Shape, now: int) -> None:
        for seq, sent in shape.events:
            if seq <= self.seq and seq not in self._missing:
                self.faults.doubles += 1
                continue
            if seq <= self.seq:
                self.faults.disordered += 1
                self._missing.discard(seq)
            elif seq > self.seq + 1:
                self.faults.gaps += 1
                self._missing.update(range(self.seq + 1, min(seq, self.seq + LONGEST_LIST)))
            self.seq = max(self.seq, seq)
            self.delivered += 1
            if self.measured[0] <= sent < self.measured[1]:
                self.late_seen.add((now - sent) // 1000)

    def _see_moves(self, shape: Shape, now: int) -> None:
        newest, fresh = self.newest, 0
        for connection, number, _ in shape.moves:
            known = newest.get(connection, -1)
            if number > known:
                newest[connection] = number
                fresh += 1
            elif number < known:
                self.faults.disordered += 1
        self.moves_delivered += fresh
        # A position told once more is no fault, and no delivery.
        if fresh == len(shape.moves):
            shape.arrived_ns.append(now)

    def _answered(self, kind: str, frame: dict[str, Any], now: int) -> None:
        identifier = frame.get("id") or ""
        if kind == "ack":
            sent = self.waiting.pop(identifier, None)
            if sent is None:
                self.faults.doubles += 1
                return
            self.log.acked.add(identifier)
            self.last_ack = frame["position"], time.monotonic_ns()
            if self.measured[0] <= sent < self.measured[1]:
                self.ack_times.add((now - sent) // 1000)
        elif kind in ("reject", "unknown"):
            if self.waiting.pop(identifier, None) is not None or read(identifier) is None:
                self.faults.refused += 1
        elif kind in ("reset", "left", "stale"):
            self.faults.resets += 1
