"""Reads the boards, their people and their links in PostgreSQL: what an action may depend on."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from consumers.board_decider import version_store
from consumers.board_decider.state import Board, Content, Invitation, Link, Standing, State
from schemas.permissions import BoardRole
from topics.bus.decide_locks import Shared, try_lock
from topics.errors import Retry

Data = Mapping[str, Any]

BOARD: Final = """
select board_id::text, workspace_id::text, title, created_by::text,
       archived_at is not null as archived, trashed_at is not null as trashed, hidden, revision, template
  from boards where board_id = $1
"""
GRANT_AND_ADMIN: Final = """
select (select role from grants where board_id = $1 and user_id = $3) as "grant",
       exists(select from workspace_decider.members_v1 where workspace_id = $2 and user_id = $3 and role = 'admin')
           as workspace_admin
"""
WORKSPACE_MEMBER: Final = """
select exists(select from workspace_decider.members_v1 where workspace_id = $1 and user_id = $2)
"""
ACTOR_LINKS: Final = """
select link_id::text, role, expires_at, revoked_at is not null as revoked
  from links
 where board_id = $1 and (link_id = $3 or link_id in (select link_id from visits where board_id = $1 and user_id = $2))
"""
LINK: Final = """
select link_id::text, role, expires_at, revoked_at is not null as revoked
  from links where link_id = $1 and board_id = $2
"""
# An address that nothing vouches for is nobody's yet: whoever only claims it gets no role by it.
PERSON: Final = """
select case when email_proof is not null then lower(email) end as email
  from identity_decider.users_v1 where user_id = $1 and not erased
"""
ADDRESSEE: Final = """
select user_id::text from identity_decider.users_v1
 where lower(email) = lower($1) and email_proof is not null and not erased
"""
INVITATION: Final = """
select invite_id::text, role, email, expires_at, ended_at is not null as ended
  from invites where board_id = $1 and invite_id = $2
"""
OPEN_INVITATIONS: Final = "select invite_id::text from invites where board_id = $1 and ended_at is null and"
WORKSPACE_LIVES: Final = "select exists(select from workspace_decider.workspaces_v1 where workspace_id = $1)"
PERSONAL_WORKSPACE: Final = """
select w.workspace_id::text
  from workspace_decider.workspaces_v1 w join workspace_decider.members_v1 m using (workspace_id)
 where w.personal and w.created_by = $1 and m.user_id = $1
"""
NAMED_WORKSPACE: Final = """
select workspace_id::text from workspace_decider.members_v1 where workspace_id = $2 and user_id = $1
"""
LIVING_GRANTS: Final = """
select g.user_id::text, g.role from grants g join identity_decider.users_v1 u using (user_id)
 where g.board_id = $1 and not u.erased
"""
BOARDS_OF_PERSON: Final = """
select board_id::text from grants where user_id = $1
union select board_id::text from visits where user_id = $1
order by 1
"""

# Decided by the board and the actor's standing on it.
ABOUT_NOBODY: Final = frozenset(f"boards.{verb}_board" for verb in ("reveal", "rename", "archive", "trash", "restore"))


async def load(
    connection: asyncpg.Connection,
    name: str,
    data: Data,
    actor: str | None,
    via: str | None,
    *,
    email: str | None = None,
) -> State:
    """What the action may depend on.

    `actor` is None for what we ask ourselves; `via` is a guest's link; `email` is the action's, in clear. Raises Retry.
    """
    board = await board_of(connection, data["board_id"])
    if name in version_store.ABOUT_VERSIONS:
        board_id = data["board_id"]
        with_content = board is not None and name in version_store.WITH_CONTENT
        return State(
            board=board,
            standing=await standing_on(connection, board, actor, via),
            versions=await version_store.versions_of(connection, board_id),
            content=await version_store.content_of(connection, board_id) if with_content else Content(),
        )
    if name in {"boards.create_board", "boards.duplicate_board", "boards.branch_board"}:
        source = await board_of(connection, data["source_board_id"]) if "source_board_id" in data else None
        return State(
            board=board,
            workspace_id=await workspace_for(connection, actor, data.get("workspace_id")),
            source=source,
            source_standing=await standing_on(connection, source, actor, via),
        )
    if name in ABOUT_NOBODY:
        return State(board=board, standing=await standing_on(connection, board, actor, via))
    person = actor if name != "boards.forget_person" else data["user_id"]
    named = await connection.fetchrow(PERSON, data.get("user_id"))
    addressee = await addressee_of(connection, email)
    return State(
        board=board,
        standing=await standing_on(connection, board, actor, via),
        # An erased person owns nothing any more, even before he is forgotten board by board.
        grants=await grants_on(connection, board, living=name != "boards.forget_person"),
        link=await link_of(connection, data),
        visited=await visited_by(connection, data["board_id"], person),
        known=named is not None,
        email=None if named is None else named["email"],
        addressee=addressee,
        open_for_address=await invitations(connection, board, "lower(email) = lower($2)", email),
        invitation=await invitation_of(connection, board, data.get("invite_id", data.get("user_id"))),
        invited_by=await invitations(connection, board, "created_by = $2", data.get("user_id", addressee)),
        workspace_lives="workspace_id" in data and await connection.fetchval(WORKSPACE_LIVES, data["workspace_id"]),
    )


async def boards_of(connection: asyncpg.Connection, name: str, data: Data) -> tuple[str, ...]:
    """The boards that a fact of another domain is about."""
    if name == "identity.user_erased":
        rows = await connection.fetch(BOARDS_OF_PERSON, data["user_id"])
    else:
        rows = await connection.fetch(
            "select board_id::text from boards where workspace_id = $1 order by 1", data["workspace_id"]
        )
    return tuple(row["board_id"] for row in rows)


async def board_of(connection: asyncpg.Connection, board_id: str) -> Board | None:
    """A board's row."""
    row = await connection.fetchrow(BOARD, board_id)
    return Board(**row) if row is not None else None


async def standing_on(
    connection: asyncpg.Connection, board: Board | None, actor: str | None, via: str | None
) -> Standing:
    """What the actor has on a board: nothing where there is no board or no actor."""
    if board is None or actor is None:
        return Standing()
    own = await connection.fetchrow(GRANT_AND_ADMIN, board.board_id, board.workspace_id, actor)
    links = await connection.fetch(ACTOR_LINKS, board.board_id, actor, via)
    return Standing(
        **own,
        template_reader=board.template
        and via is None
        and await connection.fetchval(WORKSPACE_MEMBER, board.workspace_id, actor),
        links=tuple(Link(**row) for row in links),
    )


async def grants_on(connection: asyncpg.Connection, board: Board | None, *, living: bool) -> Mapping[str, BoardRole]:
    """The roles given on a board; `living` leaves out those of erased people that are not forgotten yet."""
    if board is None:
        return {}
    everybody = "select user_id::text, role from grants where board_id = $1"
    rows = await connection.fetch(LIVING_GRANTS if living else everybody, board.board_id)
    return {row["user_id"]: row["role"] for row in rows}


async def link_of(connection: asyncpg.Connection, data: Data) -> Link | None:
    """The link that the action names, if it belongs to the board."""
    if "link_id" not in data:
        return None
    row = await connection.fetchrow(LINK, data["link_id"], data["board_id"])
    return Link(**row) if row is not None else None


async def addressee_of(connection: asyncpg.Connection, email: str | None) -> str | None:
    """Who has an address, held so that the account does not end meanwhile. Raises Retry when it may be ending now.

    Its name is known only here, after `board:`, where waiting for an `account:` could go in a circle: so it is tried.
    """
    if email is None:
        return None
    user_id: str | None = await connection.fetchval(ADDRESSEE, email)
    if user_id is not None and not await try_lock(connection, Shared(f"account:{user_id}")):
        raise Retry(after=0.05, detail="the account of an invited address is busy")
    return user_id


async def invitation_of(
    connection: asyncpg.Connection, board: Board | None, invite_id: str | None
) -> Invitation | None:
    """The invitation that the action names, if it belongs to the board."""
    if board is None or invite_id is None:
        return None
    row = await connection.fetchrow(INVITATION, board.board_id, invite_id)
    return Invitation(**row) if row is not None else None


async def invitations(
    connection: asyncpg.Connection, board: Board | None, condition: str, value: str | None
) -> tuple[str, ...]:
    """The invitations to a board that nobody has used or taken back."""
    if board is None or value is None:
        return ()
    rows = await connection.fetch(f"{OPEN_INVITATIONS} {condition} order by 1", board.board_id, value)
    return tuple(row["invite_id"] for row in rows)


async def visited_by(connection: asyncpg.Connection, board_id: str, user_id: str | None) -> frozenset[str]:
    """The board's links that a person has opened."""
    rows = await connection.fetch(
        "select link_id::text from visits where board_id = $1 and user_id = $2", board_id, user_id
    )
    return frozenset(row["link_id"] for row in rows)


async def workspace_for(connection: asyncpg.Connection, actor: str | None, named: str | None) -> str | None:
    """The workspace of a new board: the one named, for its members, else the personal one."""
    found: str | None = (
        await connection.fetchval(PERSONAL_WORKSPACE, actor)
        if named is None
        else await connection.fetchval(NAMED_WORKSPACE, actor, named)
    )
    return found
