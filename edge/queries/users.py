"""Everybody with an account, for who administers the instance."""

from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed, plain
from edge.queries.reading import row, rows

USERS: Final = """
select user_id::text, email, name, created_at, admin, banned
  from identity_decider.users_v1
 where not erased and (strpos(lower(email), lower($1)) > 0 or strpos(lower(name), lower($1)) > 0)
   and (created_at, user_id) < ($2, $3::uuid)
 order by created_at desc, user_id desc limit $4
"""
ADMINISTERS: Final = """
select user_id from identity_decider.users_v1 where user_id = $1::uuid and admin and not banned
"""


async def users(pool: asyncpg.Pool, containing: str, page: Page) -> dict[str, Any]:
    """The people whose name or address contains a text, newest first."""
    found = await rows(pool, USERS, containing, page.place.time, page.place.identifier, page.limit + 1)
    return listed("users", page, found, lambda item: Place(item["created_at"], item["user_id"]), plain("created_at"))


async def administers(pool: asyncpg.Pool, user_id: str) -> bool:
    """Whether a person administers the instance."""
    return await row(pool, ADMINISTERS, user_id) is not None
