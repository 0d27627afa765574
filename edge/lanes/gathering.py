"""Ops on their way into records: what waits for one board, and which boards of a partition may write."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from edge.lanes.ops_record import fits
from topics.bus.message import Position


@dataclass(eq=False, slots=True)
class Op:
    """An op that its caller waits for."""

    board_id: str
    client_id: str | None
    actor: str
    written: bytes
    size: int
    deadline: float
    placed: asyncio.Future[Position]
    enqueued: bool = False
    sending: bool = False


@dataclass(eq=False, slots=True)
class Board:
    """Ops of one board that wait, oldest first, and whether a record of it is under way.

    One record at a time, as TCP does with small segments (RFC 896): where the broker is far an op waits for two round
    trips at most; where a core is full each further record makes all others wait (jobs/bench/README.md, what was tried).
    """

    board_id: str
    waiting: deque[Op] = field(default_factory=deque)
    under_way: bool = False
    queued: bool = False


@dataclass(eq=False, slots=True)
class Partition:
    """The boards of one partition that have something to write now."""

    number: int
    ready: deque[Board] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, board: Board) -> None:
        """Let a board write if it may."""
        if board.waiting and not board.queued and not board.under_way:
            board.queued = True
            self.ready.append(board)
            self.filled.set()


def take_record(waiting: deque[Op]) -> list[Op]:
    """Take the oldest ops for one record, in their order, as many as fit; those past their deadline fall away."""
    ops: list[Op] = []
    size = 0
    while waiting and (waiting[0].placed.done() or not ops or fits(len(ops), size, len(waiting[0].written))):
        op = waiting.popleft()
        if not op.placed.done():
            ops.append(op)
            size += len(op.written)
    return ops
