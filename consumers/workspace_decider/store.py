"""Reads and writes the workspaces, their members and their invites in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.workspace_decider.state import Invite, State, Workspace
from topics.decisions import Fact

Data = Mapping[str, Any]

WORKSPACE: Final = """
select workspace_id::text, name, personal, created_by::text, revision from workspaces where workspace_id = $1
"""
# Another decider's view, on the primary: who is erased counts for nothing in the same moment.
MEMBERS: Final = """
select m.user_id::text, m.role, coalesce(u.erased, true) as erased
  from members m left join identity_decider.users_v1 u using (user_id)
 where m.workspace_id = $1
"""
# An address that nothing vouches for is nobody's yet: it opens no invite, and is no member's.
PERSON: Final = """
select case when email_proof is not null then lower(email) end as email
  from identity_decider.users_v1 where user_id = $1 and not erased
"""
HAS_PERSONAL: Final = "select exists(select from workspaces where created_by = $1 and personal)"
INVITES: Final = """
select invite_id::text, role, email, expires_at, accepted_at is not null as accepted, revoked_at is not null as revoked
  from invites where workspace_id = $1
"""
ADDRESSEE: Final = """
select user_id::text from identity_decider.users_v1 where lower(email) = lower($1) and email_proof is not null and not erased
"""


@dataclass(frozen=True, slots=True)
class Said:
    """Of an action, what its facts do not say: who asked, for which address, and when."""

    actor: str | None
    email: str | None
    time: datetime


async def load(connection: asyncpg.Connection, data: Data, actor: str | None, email: str | None) -> State:
    """What the action may depend on. `actor` is None for what we ask ourselves; `email` is the action's, in clear."""
    workspace_id = data["workspace_id"]
    row = await connection.fetchrow(WORKSPACE, workspace_id)
    members = await connection.fetch(MEMBERS, workspace_id)
    named = data.get("user_id", actor)
    person = None if named is None else await connection.fetchrow(PERSON, named)
    return State(
        workspace=Workspace(**row) if row is not None else None,
        members={each["user_id"]: each["role"] for each in members if not each["erased"]},
        erased_members=frozenset(each["user_id"] for each in members if each["erased"]),
        known=person is not None,
        email=None if person is None else person["email"],
        has_personal=await connection.fetchval(HAS_PERSONAL, named),
        invite=await invite_of(connection, data),
        invited_by=await invites_by(connection, data),
        addressee=None if email is None else await connection.fetchval(ADDRESSEE, email),
    )


async def workspaces_of(connection: asyncpg.Connection, user_id: str) -> tuple[str, ...]:
    """The workspaces that a person is in."""
    rows = await connection.fetch("select workspace_id::text from members where user_id = $1 order by 1", user_id)
    return tuple(row["workspace_id"] for row in rows)


async def invite_of(connection: asyncpg.Connection, data: Data) -> Invite | None:
    """The invite that the action names, if it belongs to the workspace."""
    if "invite_id" not in data:
        return None
    row = await connection.fetchrow(f"{INVITES} and invite_id = $2", data["workspace_id"], data["invite_id"])
    return Invite(**row) if row is not None else None


async def invites_by(connection: asyncpg.Connection, data: Data) -> tuple[Invite, ...]:
    """The invites that the named person made and that nobody has used or taken back."""
    if "user_id" not in data or "invite_id" in data:
        return ()
    statement = f"{INVITES} and created_by = $2 and accepted_at is null and revoked_at is null order by invite_id"
    return tuple(Invite(**row) for row in await connection.fetch(statement, data["workspace_id"], data["user_id"]))


async def apply(connection: asyncpg.Connection, fact: Fact, said: Said) -> None:
    """Make one fact so, count it as the workspace's last, and forget addresses that are not needed any more."""
    await WRITES[fact.type](connection, fact.data, said)
    await connection.execute(
        "update workspaces set revision = $2 where workspace_id = $1", fact.data["workspace_id"], fact.data["revision"]
    )
    await connection.execute("update invites set email = null where email is not null and expires_at <= $1", said.time)


async def _workspace_created(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into workspaces (workspace_id, name, personal, created_by, revision, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        fact["workspace_id"],
        fact["name"],
        fact["personal"],
        fact["created_by"],
        fact["revision"],
        said.time,
    )


async def _workspace_renamed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "update workspaces set name = $2 where workspace_id = $1", fact["workspace_id"], fact["name"]
    )


async def _workspace_deleted(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("delete from workspaces where workspace_id = $1", fact["workspace_id"])


async def _member_joined(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into members (workspace_id, user_id, role, joined_at) values ($1, $2, $3, $4)",
        fact["workspace_id"],
        fact["user_id"],
        fact["role"],
        said.time,
    )


async def _member_role_changed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "update members set role = $3 where workspace_id = $1 and user_id = $2",
        fact["workspace_id"],
        fact["user_id"],
        fact["role"],
    )


async def _member_removed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "delete from members where workspace_id = $1 and user_id = $2", fact["workspace_id"], fact["user_id"]
    )


async def _invite_created(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into invites (invite_id, workspace_id, role, email, created_by, created_at, expires_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        fact["invite_id"],
        fact["workspace_id"],
        fact["role"],
        said.email,
        said.actor,
        said.time,
        datetime.fromisoformat(fact["expires_at"]),
    )


async def _invite_accepted(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update invites set accepted_at = $2, email = null where invite_id = $1", fact["invite_id"], said.time
    )


async def _invite_revoked(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update invites set revoked_at = $2, email = null where invite_id = $1", fact["invite_id"], said.time
    )


Write = Callable[[asyncpg.Connection, Data, Said], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "workspaces.workspace_created": _workspace_created,
    "workspaces.workspace_renamed": _workspace_renamed,
    "workspaces.workspace_deleted": _workspace_deleted,
    "workspaces.member_joined": _member_joined,
    "workspaces.member_role_changed": _member_role_changed,
    "workspaces.member_removed": _member_removed,
    "workspaces.invite_created": _invite_created,
    "workspaces.invite_accepted": _invite_accepted,
    "workspaces.invite_revoked": _invite_revoked,
}
