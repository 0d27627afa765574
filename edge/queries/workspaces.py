"""Workspaces and their members."""

from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed, plain
from edge.queries.reading import Row, row, rows
from schemas.permissions import WorkspaceRole

Json = dict[str, Any]
# A personal workspace is that of its person; for others who are in it, it is one like any.
COLUMNS: Final = (
    "w.workspace_id::text, w.name, m.role, w.personal and w.created_by = m.user_id as personal, w.created_at"
)
MINE: Final = f"""
select {COLUMNS}
  from workspace_decider.members_v1 m join workspace_decider.workspaces_v1 w using (workspace_id)
 where m.user_id = $1::uuid and (w.created_at, w.workspace_id) < ($2, $3::uuid)
 order by w.created_at desc, w.workspace_id desc limit $4
"""  # noqa: S608 - the columns are a constant
ONE: Final = f"""
select {COLUMNS}
  from workspace_decider.members_v1 m join workspace_decider.workspaces_v1 w using (workspace_id)
 where m.user_id = $1::uuid and w.workspace_id = $2::uuid
"""  # noqa: S608 - the columns are a constant
ROLE: Final = "select role from workspace_decider.members_v1 where user_id = $1::uuid and workspace_id = $2::uuid"
MEMBERS: Final = """
select m.user_id::text, u.name, u.email, m.role, m.joined_at
  from workspace_decider.members_v1 m join identity_decider.users_v1 u using (user_id)
 where m.workspace_id = $1::uuid and (m.joined_at, m.user_id) < ($2, $3::uuid)
 order by m.joined_at desc, m.user_id desc limit $4
"""
MEMBER: Final = """
select m.user_id::text, u.name, u.email, m.role
  from workspace_decider.members_v1 m join identity_decider.users_v1 u using (user_id)
 where m.workspace_id = $1::uuid and m.user_id = $2::uuid
"""
INVITES: Final = """
select invite_id::text, role, email, created_at, expires_at from workspace_decider.invites_v1
 where workspace_id = $1::uuid and accepted_at is null and revoked_at is null and expires_at > now()
   and (created_at, invite_id) < ($2, $3::uuid)
 order by created_at desc, invite_id desc limit $4
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
    """The members of a workspace, the latest first."""
    found = await rows(pool, MEMBERS, workspace_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed("members", page, found, lambda item: Place(item["joined_at"], item["user_id"]), _member)


async def member(pool: asyncpg.Pool, workspace_id: str, user_id: str) -> Json | None:
    """One member of a workspace."""
    return await row(pool, MEMBER, workspace_id, user_id)


async def invites(pool: asyncpg.Pool, workspace_id: str, page: Page) -> Json:
    """The invites of a workspace that may be accepted, newest first."""
    found = await rows(pool, INVITES, workspace_id, page.place.time, page.place.identifier, page.limit + 1)
    key = lambda item: Place(item["created_at"], item["invite_id"])  # noqa: E731 - a key, said where it is used
    return listed("invites", page, found, key, plain("created_at", "expires_at"))


def _member(found: Row) -> Json:
    return {name: found[name] for name in ("user_id", "name", "email", "role")}
