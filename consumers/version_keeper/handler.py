"""Which boards changed, and of which a version is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """A board that changed since a version of it was asked for."""

    board_id: str
    drawn_at: datetime
    first_received_at: datetime
    last_received_at: datetime


def drawn(records: Iterable[Any]) -> dict[str, datetime]:
    """The boards that records of ops are about, each with the time of its last op."""
    last: dict[str, datetime] = {}
    for record in records:
        for op in record["ops"]:
            board_id, time = op["data"]["board_id"], datetime.fromisoformat(op["time"])
            last[board_id] = max(time, last.get(board_id, time))
    return last


def is_due(change: Change, now: datetime, rest: timedelta, work: timedelta) -> bool:
    """Whether a version should be kept: the board rests, or has been changed for so long without one."""
    return now - change.last_received_at >= rest or now - change.first_received_at >= work
