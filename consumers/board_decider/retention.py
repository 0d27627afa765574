"""Which automatic versions of a board are worth keeping: all of a day, one an hour of a week, one a day afterwards."""

from collections.abc import Hashable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

ALL_FOR: Final = timedelta(hours=24)
HOURLY_FOR: Final = timedelta(days=7)


def outlived(versions: Iterable[tuple[str, datetime]], now: datetime) -> list[str]:
    """The ids of automatic versions (id, time) that may go, oldest first: of each hour and day the last one stays.

    An hour and a day are those of the calendar in UTC, so that what was kept once is kept at every later look until its
    next step: no version goes because of when somebody looked.
    """
    kept: set[Hashable] = set()
    gone: list[str] = []
    for version_id, time in sorted(versions, key=lambda each: (each[1], each[0]), reverse=True):
        span = _span(time, now)
        if span is None:
            continue
        if span in kept:
            gone.append(version_id)
        kept.add(span)
    return gone[::-1]


def _span(time: datetime, now: datetime) -> Hashable | None:
    """What a version shares with others of which one is kept; None where all are."""
    age, local = now - time, time.astimezone(UTC)
    if age <= ALL_FOR:
        return None
    if age <= HOURLY_FOR:
        return (local.date(), local.hour)
    return local.date()
