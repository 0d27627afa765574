"""Workspaces and their members."""

from typing import Any, Final

import asyncpg

from edge.queries.pages import LAST_TIME, Page, Place, listed, plain
from edge.queries.reading import row, rows
from schemas.permissions import WorkspaceRole

Json = dict[str, Any]
COLUMNS: Final = "w.workspace_id::text, w.name, m.role, w.personal, w.created_at"
MINE: Final = f"""
select {COLUMNS}
  from identity_decider.members_v1 m join identity_decider.workspaces_v1 w using (workspace_id)
 where m.user_id = $1::uuid and (w.created_at, w.workspace_id) < ($2, $3::uuid)
 order by w.created_at desc, w.workspace_id desc limit $4
"""  # noqa: S608 - the columns are a constant
ONE: Final = f"""
select {COLUMNS}
  from identity_decider.members_v1 m join identity_decider.workspaces_v1 w using (workspace_id)
 where m.user_id = $1::uuid and w.workspace_id = $2::uuid
"""  # noqa: S608 - the columns are a constant
ROLE: Final = "select role from identity_decider.members_v1 where user_id = $1::uuid and workspace_id = $2::uuid"
# Membership has no time of its own: the order is that of the accounts, whose ids hold their time.
MEMBERS: Final = """
select m.user_id::text, u.name, u.email, m.role
  from identity_decider.members_v1 m join identity_decider.users_v1 u using (user_id)
 where m.workspace_id = $1::uuid and m.user_id < $2::uuid
 order by m.user_id desc limit $3
"""


async def workspaces(pool: asyncpg.Pool, user_id: str, page: Page) -> Json:
    """The workspaces of a person, newest first."""
    found = await rows(pool, MINE, user_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed(
        "workspaces",
        page,
        found,
        lambda item: Place(item["created_at"], item["workspace_id"]),
        plain("created_at"),
    )


async def workspace(pool: asyncpg.Pool, user_id: str, workspace_id: str) -> Json | None:
    """One workspace as a member sees it; None for others."""
    found = await row(pool, ONE, user_id, workspace_id)
    return None if found is None else plain("created_at")(found)


async def role(pool: asyncpg.Pool, user_id: str, workspace_id: str) -> WorkspaceRole | None:
    """A person's role in a workspace."""
    found = await row(pool, ROLE, user_id, workspace_id)
    return None if found is None else found["role"]


async def members(pool: asyncpg.Pool, workspace_id: str, page: Page) -> Json:
    """The members of a workspace, newest accounts first."""
    found = await rows(pool, MEMBERS, workspace_id, page.place.identifier, page.limit + 1)
    return listed("members", page, found, lambda item: Place(LAST_TIME, item["user_id"]), plain())
