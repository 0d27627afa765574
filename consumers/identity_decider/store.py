"""Reads and writes the people, sessions and personal workspaces in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.identity_decider.state import Person, Session, State, Workspace
from topics.bus.decide_locks import lock
from topics.decisions import Fact

Data = Mapping[str, Any]

PERSON: Final = """
select user_id::text, email, name, color, locale, password_version, revision
  from users where user_id = $1 and erased_at is null
"""
OPEN_SESSIONS: Final = """
select session_id::text, generation, rotated_at
  from sessions where user_id = $1 and closed_at is null order by created_at, session_id
"""
# Another decider's view, on the primary: the rule "a board with other people keeps an owner" crosses the two.
# Trashed boards are out of use, and hidden ones are nobody's yet.
OWNED_BOARDS: Final = """
select b.board_id::text
  from board_decider.grants_v1 g join board_decider.boards_v1 b using (board_id)
 where g.user_id = $1 and g.role = 'owner' and b.trashed_at is null and not b.hidden
 order by 1
"""
LAST_OWNER_OF: Final = """
select mine.board_id::text
  from board_decider.grants_v1 mine
 where mine.user_id = $1 and mine.role = 'owner' and mine.board_id = any($2::uuid[])
   and exists (select from board_decider.grants_v1 o where o.board_id = mine.board_id and o.user_id <> $1)
   and not exists (
       select from board_decider.grants_v1 o
        where o.board_id = mine.board_id and o.user_id <> $1 and o.role = 'owner')
"""
LAST_ADMIN_OF: Final = """
select mine.workspace_id::text
  from members mine
 where mine.user_id = $1 and mine.role = 'admin'
   and exists (select from members o where o.workspace_id = mine.workspace_id and o.user_id <> $1)
   and not exists (
       select from members o where o.workspace_id = mine.workspace_id and o.user_id <> $1 and o.role = 'admin')
"""


async def load(connection: asyncpg.Connection, name: str, data: Data) -> State:
    """What the action may depend on."""
    user_id = data["user_id"]
    row = await connection.fetchrow(PERSON, user_id)
    person = Person(**row) if row is not None else None
    sessions = {row["session_id"]: Session(**row) for row in await connection.fetch(OPEN_SESSIONS, user_id)}
    if name == "identity.register_user":
        taken = await connection.fetchval(
            "select exists(select from users where lower(email) = lower($1))", data["email"]
        )
        return State(person=person, email_taken=taken)
    if name == "identity.delete_user":
        return State(
            person=person,
            sessions=sessions,
            personal=await personal_workspaces(connection, user_id),
            last_owner_of=await last_owner_of(connection, user_id),
            last_admin_of=frozenset(row[0] for row in await connection.fetch(LAST_ADMIN_OF, user_id)),
        )
    known = "session_id" in data and await connection.fetchval(
        "select exists(select from sessions where session_id = $1 and user_id = $2)", data["session_id"], user_id
    )
    return State(person=person, sessions=sessions, session_known=known)


async def last_owner_of(connection: asyncpg.Connection, user_id: str) -> frozenset[str]:
    """The boards that hold the person back, with those boards locked against changes of their grants.

    `account:` locks sort before `board:` ones, so these come in the order in which board_decider takes them.
    """
    owned = [row[0] for row in await connection.fetch(OWNED_BOARDS, user_id)]
    await lock(connection, [f"board:{board_id}" for board_id in owned])
    return frozenset(row[0] for row in await connection.fetch(LAST_OWNER_OF, user_id, owned))


async def personal_workspaces(connection: asyncpg.Connection, user_id: str) -> tuple[Workspace, ...]:
    """The person's own workspaces."""
    rows = await connection.fetch(
        "select workspace_id::text, revision from workspaces where created_by = $1 and personal order by 1", user_id
    )
    return tuple(Workspace(**row) for row in rows)


async def apply(connection: asyncpg.Connection, fact: Fact, data: Data, time: datetime) -> None:
    """Make one fact so. `data` is the action's, with its secrets opened.

    What another fact of the same decision writes (the row of a person stands in `identity.person`) needs nothing here.
    """
    write = WRITES.get(fact.type)
    if write is not None:
        await write(connection, fact.data, data, time)


async def rehash(connection: asyncpg.Connection, user_id: str, password_hash: str) -> None:
    """The same password under newer parameters: no fact, and no new version."""
    await connection.execute("update users set password_hash = $2 where user_id = $1", user_id, password_hash)


async def _person(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    updated = await connection.execute(
        "update users set name = $2, color = $3, locale = $4, revision = $5 where user_id = $1 and erased_at is null",
        fact["user_id"],
        fact["name"],
        fact["color"],
        fact["locale"],
        fact["revision"],
    )
    if updated == "UPDATE 0":
        await connection.execute(
            "insert into users (user_id, email, name, color, locale, password_hash, revision, created_at)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8)",
            fact["user_id"],
            fact["email"],
            fact["name"],
            fact["color"],
            fact["locale"],
            data["password"],
            fact["revision"],
            time,
        )


async def _session_opened(connection: asyncpg.Connection, fact: Data, data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "insert into sessions (session_id, user_id, generation, client, address, created_at, seen_at, rotated_at)"
        " values ($1, $2, $3, $4, $5, $6, $6, $6)",
        fact["session_id"],
        fact["user_id"],
        fact["generation"],
        data.get("client"),
        data.get("address"),
        time,
    )


async def _session_rotated(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute(
        "update sessions set seen_at = greatest(seen_at, $3), generation = $2,"
        " rotated_at = case when generation = $2 then rotated_at else $3 end where session_id = $1",
        fact["session_id"],
        fact["generation"],
        time,
    )


async def _session_closed(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await _count(connection, fact)
    await connection.execute("update sessions set closed_at = $2 where session_id = $1", fact["session_id"], time)


async def _password_changed(connection: asyncpg.Connection, fact: Data, data: Data, _time: datetime) -> None:
    await connection.execute(
        "update users set password_hash = $2, password_version = password_version + 1, revision = $3 where user_id = $1",
        fact["user_id"],
        data["password"],
        fact["revision"],
    )


async def _count(connection: asyncpg.Connection, fact: Data) -> None:
    await connection.execute("update users set revision = $2 where user_id = $1", fact["user_id"], fact["revision"])


async def _user_erased(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await connection.execute("delete from sessions where user_id = $1", fact["user_id"])
    await connection.execute(
        "update users set email = null, name = null, color = null, locale = null, password_hash = null,"
        " revision = $2, erased_at = $3 where user_id = $1",
        fact["user_id"],
        fact["revision"],
        time,
    )


async def _workspace_created(connection: asyncpg.Connection, fact: Data, _data: Data, time: datetime) -> None:
    await connection.execute(
        "insert into workspaces (workspace_id, name, personal, created_by, revision, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        fact["workspace_id"],
        fact["name"],
        fact["personal"],
        fact["created_by"],
        fact["revision"],
        time,
    )


async def _member_joined(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await connection.execute(
        "insert into members (workspace_id, user_id, role) values ($1, $2, $3)",
        fact["workspace_id"],
        fact["user_id"],
        fact["role"],
    )
    await connection.execute(
        "update workspaces set revision = $2 where workspace_id = $1", fact["workspace_id"], fact["revision"]
    )


async def _workspace_deleted(connection: asyncpg.Connection, fact: Data, _data: Data, _time: datetime) -> None:
    await connection.execute("delete from workspaces where workspace_id = $1", fact["workspace_id"])


Write = Callable[[asyncpg.Connection, Data, Data, datetime], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "identity.person": _person,
    "identity.session_opened": _session_opened,
    "identity.session_rotated": _session_rotated,
    "identity.session_closed": _session_closed,
    "identity.password_changed": _password_changed,
    "identity.user_erased": _user_erased,
    "workspaces.workspace_created": _workspace_created,
    "workspaces.member_joined": _member_joined,
    "workspaces.workspace_deleted": _workspace_deleted,
}
