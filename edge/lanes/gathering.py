"""Ops on their way into records: what waits for one board, and which boards of a partition may write."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from edge.lanes.ops_record import fits
from topics.bus.message import Position

# Records of one board that wait for the broker. With one, an op waits for up to two round trips; from three on little joins.
RECORDS_UNDER_WAY: Final = 2


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
    """Ops of one board that wait, oldest first, and how many of its records are under way."""

    board_id: str
    waiting: deque[Op] = field(default_factory=deque)
    under_way: int = 0
    queued: bool = False


@dataclass(eq=False, slots=True)
class Partition:
    """The boards of one partition that have something to write now."""

    number: int
    ready: deque[Board] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, board: Board) -> None:
        """Let a board write if it may."""
        if board.waiting and not board.queued and board.under_way < RECORDS_UNDER_WAY:
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
