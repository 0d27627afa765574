"""Boards as one person sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson

from edge.auth.callers import Caller
from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told
from schemas.permissions import highest
from topics.bus.message import Position

Json = dict[str, Any]
COLUMNS: Final = (
    "b.board_id::text, b.title, b.workspace_id::text, b.created_at, b.archived_at, b.trashed_at, b.template"
)
# All reasons for a role, of which the highest counts. A guest's only one is his link.
MINE: Final = """
with mine as (
    select r.board_id, r.role, r.via from board_decider.roles_v1 r where r.user_id = $1::uuid and $2::uuid is null
    union all
    select l.board_id, l.role, 'link' from board_decider.links_v1 l
     where l.link_id = $2::uuid and l.revoked_at is null and (l.expires_at is null or l.expires_at > now())
)
"""
LIST: Final = f"""
{MINE}
select {COLUMNS}, array_agg(m.role) as roles
  from mine m join board_decider.boards_v1 b using (board_id)
 where not b.hidden
   and (b.created_at, b.board_id) < ($3, $4::uuid)
   and ($6::uuid is null or b.workspace_id = $6::uuid)
   and (b.trashed_at is not null) = $7
   and ($8::boolean is null or (b.archived_at is not null) = $8)
   and ($9::text is null or b.title ilike $9)
   and (not $10 or b.template)
 group by {COLUMNS.replace("::text", "")}
having (not $7 or bool_or(m.role = 'owner')) and ($10 or bool_or(m.via <> 'template'))
 order by b.created_at desc, b.board_id desc limit $5
"""  # noqa: S608 - made of constants
# Where a board comes from is told to those who may see that one too.
ORIGIN: Final = """
(select row_to_json(o)::text
   from board_decider.branches_v1 o join board_decider.boards_v1 s on s.board_id = o.source_board_id
  where o.board_id = b.board_id and s.trashed_at is null
    and exists(select from mine where mine.board_id = s.board_id)) as origin
"""
ONE: Final = f"""
{MINE}
select {COLUMNS}, array_agg(m.role) as roles, {ORIGIN}
  from mine m join board_decider.boards_v1 b using (board_id)
 where not b.hidden and b.board_id = $3::uuid
 group by {COLUMNS.replace("::text", "")}
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Filter:
    """Which boards a list holds; `archived` None means both.

    Of `template` boards there are also those that one sees only as a member of their workspace.
    """

    workspace_id: str | None = None
    archived: bool | None = False
    trashed: bool = False
    title: str | None = None
    template: bool = False


async def boards(pool: asyncpg.Pool, caller: Caller, wanted: Filter, page: Page) -> Json:
    """The boards that somebody has a role on, newest first; in the trash only one's own."""
    found = await rows(
        pool,
        LIST,
        caller.user_id,
        caller.link_id,
        page.place.time,
        page.place.identifier,
        page.limit + 1,
        wanted.workspace_id,
        wanted.trashed,
        wanted.archived,
        None if wanted.title is None else f"%{_plain(wanted.title)}%",
        wanted.template,
    )
    return listed("boards", page, found, lambda item: Place(item["created_at"], item["board_id"]), shown)


async def board(
    pool: asyncpg.Pool, caller: Caller, board_id: str, tell: Callable[[str, Position], str] | None = None
) -> Json | None:
    """One board with the caller's role; None without a role. In the trash it exists for its owners alone.

    Where it comes from is there when `tell` can make tokens of positions.
    """
    found = await row(pool, ONE, caller.user_id, caller.link_id, board_id)
    if found is None:
        return None
    made = shown(found)
    if found["origin"] is not None and tell is not None:
        origin = orjson.loads(found["origin"])
        source, place = origin["source_board_id"], [origin[name] for name in ("log", "partition", "offset", "index")]
        made["branched_from"] = {"board_id": source, "position": tell(source, Position(*place))}
    return made if found["trashed_at"] is None or made["role"] == "owner" else None


def shown(found: Row) -> Json:
    """A board as the contract shows it."""
    made = {
        "board_id": found["board_id"],
        "title": found["title"],
        "workspace_id": found["workspace_id"],
        "role": highest(found["roles"]),
        "created_at": told(found["created_at"]),
        "archived": found["archived_at"] is not None,
        "template": found["template"],
    }
    return made if found["trashed_at"] is None else {**made, "trashed_at": told(found["trashed_at"])}


def _plain(text: str) -> str:
    """Text as a pattern that means just this text."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
