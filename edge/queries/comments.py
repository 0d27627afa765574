"""The threads of a board with what was said in them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import asyncpg
import orjson

from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told

Json = dict[str, Any]
THREAD: Final = """
select t.thread_id::text, t.anchor::text as anchor, t.started_at, t.resolved_at, t.resolved_by::text
  from comment_decider.threads_v1 t
"""
# Each with what all up to it weigh: two hundred threads may hold two hundred long comments each.
LIST: Final = f"""
select t.*, sum(coalesce(c.bytes, 0)) over (order by t.started_at desc, t.thread_id desc)::bigint as so_far
  from ({THREAD}
         where t.board_id = $1::uuid and (t.started_at, t.thread_id) < ($2, $3::uuid)
           and ($5::boolean is null or (t.resolved_at is not null) = $5)
         order by t.started_at desc, t.thread_id desc limit $4) t
  left join lateral (select sum(octet_length(c.text)) as bytes
                       from comment_decider.comments_v1 c where c.thread_id = t.thread_id::uuid) c on true
 order by t.started_at desc, t.thread_id desc
"""  # noqa: S608 - made of constants
PAGE_BYTES: Final = 4 * 1024 * 1024
ONE: Final = f"{THREAD} where t.board_id = $1::uuid and t.thread_id = $2::uuid"
# An erased person has no name any more; a guest has the one that he gave.
COMMENTS: Final = """
select c.thread_id::text, c.comment_id::text, c.author_id::text, coalesce(u.name, c.guest_name) as author_name, c.text,
       c.mention::text[] as mention, c.written_at, c.edited_at
  from comment_decider.comments_v1 c
  left join identity_decider.users_v1 u on u.user_id = c.author_id and not u.erased
 where c.thread_id = any($1::uuid[])
 order by c.written_at, c.comment_id
"""
PEOPLE: Final = """
select distinct u.user_id::text, u.name
  from board_decider.roles_v1 r join identity_decider.users_v1 u using (user_id)
 where r.board_id = $1::uuid and not u.erased
   and ($2 or exists(select from comment_decider.comments_v1 c where c.board_id = r.board_id and c.author_id = u.user_id))
 order by u.name, 1 limit 500
"""


async def threads(pool: asyncpg.Pool, board_id: str, resolved: bool | None, page: Page) -> Json:
    """The threads of a board, newest first, each with all its comments in their order; fewer where much was said."""
    found = await rows(pool, LIST, board_id, page.place.time, page.place.identifier, page.limit + 1, resolved)
    page = fitting(page, [each["so_far"] for each in found])
    said = await _said(pool, [each["thread_id"] for each in found[: page.limit]])
    return listed(
        "comments",
        page,
        found,
        lambda item: Place(item["started_at"], item["thread_id"]),
        lambda item: _shown(item, said),
    )


def fitting(page: Page, so_far: Sequence[int], at_most: int = PAGE_BYTES) -> Page:
    """The page with as many items as may be in one answer, at least one; `so_far` is what all up to each one weigh."""
    return replace(page, limit=max(1, min(page.limit, bisect_right(so_far, at_most))))


async def thread(pool: asyncpg.Pool, board_id: str, thread_id: str) -> Json | None:
    """One thread; None when there is none."""
    found = await row(pool, ONE, board_id, thread_id)
    return None if found is None else _shown(found, await _said(pool, [thread_id]))


async def people(pool: asyncpg.Pool, board_id: str, *, everybody: bool) -> list[Json]:
    """Who may be mentioned: the people of the board by name, or only those of them who have said something."""
    return await rows(pool, PEOPLE, board_id, everybody)


async def _said(pool: asyncpg.Pool, thread_ids: list[str]) -> dict[str, list[Json]]:
    said: dict[str, list[Json]] = {each: [] for each in thread_ids}
    for found in await rows(pool, COMMENTS, thread_ids):
        times = {"written_at": told(found["written_at"]), "edited_at": told(found["edited_at"])}
        made = {**found, **times}
        said[made.pop("thread_id")].append(made)
    return said


def _shown(found: Row, said: dict[str, list[Json]]) -> Json:
    return {
        "thread_id": found["thread_id"],
        "anchor": orjson.loads(found["anchor"]),
        "started_at": told(found["started_at"]),
        "resolved": found["resolved_at"] is not None,
        "resolved_at": told(found["resolved_at"]),
        "resolved_by": found["resolved_by"],
        "comments": said[found["thread_id"]],
    }
