"""What guests called themselves on a board, and when."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from edge.queries.reading import rows

NAMES: Final = """
select user_id::text, name, since from board_decider.guest_names_v1
 where board_id = $1::uuid and user_id = any($2::uuid[]) order by user_id, since
"""


@dataclass(frozen=True, slots=True)
class GuestNames:
    """Names by guest, each with the time since when, in order."""

    known: Mapping[str, Sequence[tuple[datetime, str]]]

    def at(self, user_id: str, time: datetime) -> str | None:
        """What somebody called himself at a time, or first where that is before all we know; None: he is no such guest."""
        names = self.known.get(user_id)
        if not names:
            return None
        # Clocks differ: what he did in his first moments may seem to be of before he came.
        return names[max(0, bisect_right(names, time, key=lambda each: each[0]) - 1)][1]


async def names(pool: asyncpg.Pool, board_id: str, user_ids: Collection[str]) -> GuestNames:
    """The names of those of the people who came through a link. Raises `ApiError` `unavailable`."""
    known: dict[str, list[tuple[datetime, str]]] = {}
    if user_ids:
        for found in await rows(pool, NAMES, board_id, sorted(user_ids)):
            known.setdefault(found["user_id"], []).append((found["since"], found["name"]))
    return GuestNames(known)
