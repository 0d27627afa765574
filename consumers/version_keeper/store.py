"""The boards that changed since a version of them was asked for, in PostgreSQL."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from consumers.version_keeper.handler import Change

# What comes again was drawn at the same time, and changes nothing.
NOTE: Final = """
insert into version_keeper.changes as c (board_id, drawn_at, first_received_at, last_received_at)
select board_id, drawn_at, $3, $3 from unnest($1::uuid[], $2::timestamptz[]) as t (board_id, drawn_at)
on conflict (board_id) do update set drawn_at = excluded.drawn_at, last_received_at = excluded.last_received_at
 where excluded.drawn_at > c.drawn_at
"""
DUE: Final = """
select board_id::text, drawn_at, first_received_at, last_received_at from version_keeper.changes
 where last_received_at <= $1 or first_received_at <= $2
 order by last_received_at limit $3
"""
ASKED: Final = """
with gone as (
    delete from version_keeper.changes where board_id = $1 and drawn_at = $2 returning board_id
)
update version_keeper.changes set first_received_at = last_received_at
 where board_id = $1 and board_id not in (select board_id from gone)
"""
# After a long time away everything may be due: the decider gets it in portions.
AT_ONCE: Final = 100


class KeeperStore:
    """The table of this consumer."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def note(self, drawn: Mapping[str, datetime], now: datetime) -> None:
        """Boards that were drawn on, each with the time of its last op."""
        boards = sorted(drawn)
        await self._pool.execute(NOTE, boards, [drawn[board_id] for board_id in boards], now)

    async def due(self, now: datetime, rest: timedelta, work: timedelta) -> list[Change]:
        """Some of the boards of which a version is due, those that rest for longest first."""
        return [Change(**row) for row in await self._pool.fetch(DUE, now - rest, now - work, AT_ONCE)]

    async def asked(self, change: Change) -> None:
        """A version was asked for; what was drawn since then waits for the next one."""
        await self._pool.execute(ASKED, change.board_id, change.drawn_at)
