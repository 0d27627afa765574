"""Reads what a decision on a person depends on, from PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import asyncpg

from consumers.identity_decider.addresses import LETTERS_MOST
from consumers.identity_decider.state import Confirmation, Person, Reset, Session, State
from topics.bus.decide_locks import lock

Data = Mapping[str, Any]

PERSON: Final = """
select user_id::text, email, name, color, locale, password_version, revision, avatar, time_zone, email_proof, admin,
       banned_at is not null as banned,
       array(select c.purpose from consents c where c.user_id = users.user_id) as consents
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
# The same for "a workspace with other members keeps an admin", which workspace_decider guards.
ADMINISTERED: Final = """
select workspace_id::text from workspace_decider.members_v1 where user_id = $1 and role = 'admin' order by 1
"""
LAST_ADMIN_OF: Final = """
select mine.workspace_id::text
  from workspace_decider.members_v1 mine
 where mine.user_id = $1 and mine.role = 'admin' and mine.workspace_id = any($2::uuid[])
   and exists (
       select from workspace_decider.members_v1 o where o.workspace_id = mine.workspace_id and o.user_id <> $1)
   and not exists (
       select from workspace_decider.members_v1 o
        where o.workspace_id = mine.workspace_id and o.user_id <> $1 and o.role = 'admin')
"""


RESET: Final = """
select by, expires_at, used_at is not null as used from resets where reset_id = $1 and user_id = $2
"""
CONFIRMATION: Final = """
select email, expires_at, used_at is not null as used from confirmations where confirmation_id = $1 and user_id = $2
"""


async def load(connection: asyncpg.Connection, name: str, data: Data, actor: str | None) -> State:
    """What the action may depend on; `data` has its secrets opened."""
    user_id = data["user_id"]
    row = await connection.fetchrow(PERSON, user_id)
    person = Person(**{**row, "consents": frozenset(row["consents"])}) if row is not None else None
    sessions = {row["session_id"]: Session(**row) for row in await connection.fetch(OPEN_SESSIONS, user_id)}
    known = "session_id" in data and await connection.fetchval(
        "select exists(select from sessions where session_id = $1 and user_id = $2)", data["session_id"], user_id
    )
    state = State(person=person, sessions=sessions, session_known=known)
    more = MORE.get(name)
    return state if more is None else await more(connection, data, actor, state)


async def _newcomer(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    return replace(
        state,
        email_taken=await _taken(connection, data.get("email"), data["user_id"]),
        nobody_yet=await _nobody_yet(connection),
    )


async def _from_provider(connection: asyncpg.Connection, data: Data, actor: str | None, state: State) -> State:
    whose = await connection.fetchval(
        "select user_id::text from provider_identities where issuer = $1 and subject = $2",
        data["issuer"],
        data["subject"],
    )
    return replace(await _newcomer(connection, data, actor, state), identity_of=whose)


async def _mover(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    letters = await connection.fetch(
        "select created_at from confirmations where user_id = $1 order by created_at desc limit $2",
        data["user_id"],
        LETTERS_MOST,
    )
    taken = await _taken(connection, data["email"], data["user_id"])
    return replace(state, email_taken=taken, letters=tuple(row[0] for row in letters))


async def _asker_of_reset(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    mailed_at = await connection.fetchval(
        "select max(created_at) from resets where user_id = $1 and by = 'mail'", data["user_id"]
    )
    return replace(state, mailed_at=mailed_at)


async def _holder_of_reset(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    row = await connection.fetchrow(RESET, data["reset_id"], data["user_id"])
    return replace(state, reset=Reset(**row) if row is not None else None)


async def _holder_of_token(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    row = await connection.fetchrow(CONFIRMATION, data["confirmation_id"], data["user_id"])
    if row is None:
        return state
    mailed = Confirmation(**row)
    return replace(state, confirmation=mailed, email_taken=await _taken(connection, mailed.email, data["user_id"]))


async def _governed(connection: asyncpg.Connection, _data: Data, actor: str | None, state: State) -> State:
    is_admin = actor is not None and await connection.fetchval(
        "select exists(select from users where user_id = $1 and admin and banned_at is null)", actor
    )
    return replace(state, actor_is_admin=is_admin)


async def _leaver(connection: asyncpg.Connection, data: Data, _actor: str | None, state: State) -> State:
    user_id = data["user_id"]
    return replace(
        state,
        last_owner_of=await last_owner_of(connection, user_id),
        last_admin_of=await last_admin_of(connection, user_id),
    )


async def _taken(connection: asyncpg.Connection, email: str | None, user_id: str) -> bool:
    return bool(
        await connection.fetchval(
            "select exists(select from users where lower(email) = lower($1) and user_id <> $2)", email, user_id
        )
    )


async def _nobody_yet(connection: asyncpg.Connection) -> bool:
    """Whether this is the first account; of several at once one is, so they take turns until there is one."""
    nobody = "select not exists(select from users)"
    if not await connection.fetchval(nobody):
        return False
    await lock(connection, ["instance:first"])
    return bool(await connection.fetchval(nobody))


async def last_owner_of(connection: asyncpg.Connection, user_id: str) -> frozenset[str]:
    """The boards that hold the person back, with those boards locked against changes of their grants.

    `account:` locks sort before `board:` ones, so these come in the order in which board_decider takes them.
    """
    owned = [row[0] for row in await connection.fetch(OWNED_BOARDS, user_id)]
    await lock(connection, [f"board:{board_id}" for board_id in owned])
    return frozenset(row[0] for row in await connection.fetch(LAST_OWNER_OF, user_id, owned))


async def last_admin_of(connection: asyncpg.Connection, user_id: str) -> frozenset[str]:
    """The workspaces that hold the person back, locked against changes of their members: after the boards, as sorted."""
    administered = [row[0] for row in await connection.fetch(ADMINISTERED, user_id)]
    await lock(connection, [f"workspace:{workspace_id}" for workspace_id in administered])
    return frozenset(row[0] for row in await connection.fetch(LAST_ADMIN_OF, user_id, administered))


More = Callable[[asyncpg.Connection, Data, str | None, State], Awaitable[State]]
MORE: Final[Mapping[str, More]] = {
    "identity.register_user": _newcomer,
    "identity.sign_in_with_provider": _from_provider,
    "identity.change_email": _mover,
    "identity.confirm_email": _holder_of_token,
    "identity.request_reset": _asker_of_reset,
    "identity.reset_password": _holder_of_reset,
    "identity.ban_user": _governed,
    "identity.unban_user": _governed,
    "identity.delete_user": _leaver,
}
