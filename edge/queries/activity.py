"""How active a board or a workspace was: numbers by window, and person by person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

import asyncpg

from edge.queries.reading import Row, row, rows, told

Json = dict[str, Any]
By: TypeAlias = Literal["minute", "hour", "day"]
PEOPLE: Final = 20
WINDOWS: Final = """
select start, people, ops, sessions, peak from board_activity.windows_v1
 where scope = $1::uuid and by = $2 and start >= $3 and start < $4 order by start
"""
PERSONS: Final = """
select p.user_id::text, u.name, p.ops, p.sessions, p.minutes
  from (select user_id, sum(ops)::bigint as ops, sum(sessions)::bigint as sessions, sum(minutes)::bigint as minutes
          from board_activity.people_v1
         where scope = $1::uuid and by = $2 and start >= $3 and start < $4
         group by user_id order by 4 desc, 2 desc, 1 limit $5) p
  left join identity_decider.users_v1 u using (user_id)
 order by p.minutes desc, p.ops desc, p.user_id
"""
DISTINCT: Final = """
select count(distinct user_id) as people from board_activity.people_v1
 where scope = $1::uuid and by = $2 and start >= $3 and start < $4
"""
HOME: Final = "select workspace_id::text from board_decider.boards_v1 where board_id = $1::uuid"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A board or a workspace, and which windows: `since` is inclusive, `until` is not; both begin a window of `by`."""

    scope: str
    by: By
    since: datetime
    until: datetime


async def activity(pool: asyncpg.Pool, wanted: Wanted) -> Json:
    """The windows in which somebody was active, what they come to, and who was active most."""
    found = await rows(pool, WINDOWS, wanted.scope, wanted.by, wanted.since, wanted.until)
    # People are kept by hour and day; a range of minutes is shown with the people of the hours that it touches.
    by, since = ("day", wanted.since) if wanted.by == "day" else ("hour", wanted.since.replace(minute=0))
    of = (wanted.scope, by, since, wanted.until)
    distinct = await row(pool, DISTINCT, *of)
    return {
        "by": wanted.by,
        "from": told(wanted.since),
        "to": told(wanted.until),
        "items": [{**each, "start": told(each["start"])} for each in found],
        "total": {
            "people": distinct["people"] if distinct else 0,
            "ops": _sum(found, "ops"),
            "sessions": _sum(found, "sessions"),
            "peak": max((each["peak"] for each in found), default=0),
        },
        "people": await rows(pool, PERSONS, *of, PEOPLE),
    }


async def home(pool: asyncpg.Pool, board_id: str) -> str | None:
    """The workspace of a board."""
    found = await row(pool, HOME, board_id)
    return None if found is None else str(found["workspace_id"])


def _sum(found: Sequence[Row], column: str) -> int:
    return sum(int(each[column]) for each in found)
