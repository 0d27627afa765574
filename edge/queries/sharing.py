"""Who a board is shared with: grants to people, and links."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told
from schemas.permissions import BoardRole

Json = dict[str, Any]
# People first come as invitations; both are walked in one order.
GRANTS: Final = """
select * from (
    select g.user_id as id, g.user_id::text, null as invite_id, u.name, u.email, g.role, g.created_at,
           null::timestamptz as expires_at
      from board_decider.grants_v1 g join identity_decider.users_v1 u using (user_id)
     where g.board_id = $1::uuid
    union all
    select i.invite_id, null, i.invite_id::text, null, i.email, i.role, i.created_at, i.expires_at
      from board_decider.invites_v1 i
     where i.board_id = $1::uuid and i.ended_at is null and i.expires_at > now()
) shared
 where (created_at, id) < ($2, $3::uuid)
 order by created_at desc, id desc limit $4
"""
GRANT_OF_ADDRESS: Final = """
select g.user_id::text, u.name, u.email, g.role
  from board_decider.grants_v1 g join identity_decider.users_v1 u using (user_id)
 where g.board_id = $1::uuid and lower(u.email) = lower($2)
"""
GRANT: Final = """
select g.user_id::text, u.name, u.email, g.role
  from board_decider.grants_v1 g join identity_decider.users_v1 u using (user_id)
 where g.board_id = $1::uuid and g.user_id = $2::uuid
"""
LINK_COLUMNS: Final = "link_id::text, role, password_hash is not null as has_password, expires_at, created_at, uses"
LINKS: Final = f"""
select {LINK_COLUMNS} from board_decider.links_v1
 where board_id = $1::uuid and revoked_at is null and (created_at, link_id) < ($2, $3::uuid)
 order by created_at desc, link_id desc limit $4
"""  # noqa: S608 - the columns are a constant
LINK: Final = f"select {LINK_COLUMNS} from board_decider.links_v1 where link_id = $1::uuid"  # noqa: S608 - the same
DOOR: Final = """
select l.role, l.password_hash, l.expires_at,
       l.revoked_at is null and (l.expires_at is null or l.expires_at > now()) and b.trashed_at is null as valid
  from board_decider.links_v1 l join board_decider.boards_v1 b using (board_id)
 where l.link_id = $1::uuid and l.board_id = $2::uuid and not b.hidden
"""


@dataclass(frozen=True, slots=True)
class Door:
    """What a link opens, to whom, and until when."""

    role: BoardRole
    password_hash: str | None
    expires_at: datetime | None
    valid: bool


async def grants(pool: asyncpg.Pool, board_id: str, page: Page) -> Json:
    """The people whom a board was given to or who are invited, the latest first."""
    found = await rows(pool, GRANTS, board_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed("grants", page, found, lambda item: Place(item["created_at"], str(item["id"])), _grant)


async def grant(pool: asyncpg.Pool, board_id: str, user_id: str) -> Json | None:
    """One person's grant."""
    return await row(pool, GRANT, board_id, user_id)


async def grant_of_address(pool: asyncpg.Pool, board_id: str, email: str) -> Json | None:
    """The grant of the account with an address."""
    return await row(pool, GRANT_OF_ADDRESS, board_id, email)


async def links(pool: asyncpg.Pool, board_id: str, page: Page) -> Json:
    """The links of a board that are not revoked, newest first."""
    found = await rows(pool, LINKS, board_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed("links", page, found, lambda item: Place(item["created_at"], item["link_id"]), _link)


async def link(pool: asyncpg.Pool, link_id: str) -> Json | None:
    """One link."""
    found = await row(pool, LINK, link_id)
    return None if found is None else _link(found)


async def door(pool: asyncpg.Pool, board_id: str, link_id: str) -> Door | None:
    """What is behind a link; None when there never was such a link."""
    found = await row(pool, DOOR, link_id, board_id)
    return None if found is None else Door(**found)


def _grant(found: Row) -> Json:
    if found["invite_id"] is not None:
        waiting = {name: found[name] for name in ("invite_id", "email", "role")}
        return {**waiting, "pending": True, "expires_at": told(found["expires_at"])}
    return {name: found[name] for name in ("user_id", "name", "email", "role")}


def _link(found: Row) -> Json:
    return {**found, "expires_at": told(found["expires_at"]), "created_at": told(found["created_at"])}
