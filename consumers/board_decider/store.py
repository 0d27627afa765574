"""Reads and writes the boards, their people and their links in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.board_decider import version_store
from consumers.board_decider.state import Board, Content, Invitation, Link, Standing, State
from schemas.permissions import BoardRole
from topics.bus.decide_locks import Shared, try_lock
from topics.decisions import Fact
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

NAME_GUEST: Final = """
insert into guest_names (board_id, user_id, name, since)
select $1::uuid, $2::uuid, $3::text, $4::timestamptz
 where $3 is distinct from (select name from guest_names where board_id = $1 and user_id = $2 order by since desc limit 1)
on conflict do nothing
"""
# One round trip for both.
TOLD: Final = """
with forgotten as (update invites set email = null where email is not null and expires_at <= $3)
update boards set revision = $2 where board_id = $1
"""


# Decided by the board and the actor's standing on it.
ABOUT_NOBODY: Final = frozenset(f"boards.{verb}_board" for verb in ("reveal", "rename", "archive", "trash", "restore"))


@dataclass(frozen=True, slots=True)
class Said:
    """Of an action, what its facts do not say; secrets are opened."""

    actor: str | None
    time: datetime
    password_hash: str | None = None
    email: str | None = None


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


async def apply(connection: asyncpg.Connection, fact: Fact, said: Said) -> None:
    """Make one fact so, and count it as the board's last; addresses that are not needed any more are forgotten."""
    await WRITES[fact.type](connection, fact.data, said)
    await connection.execute(TOLD, fact.data["board_id"], fact.data["revision"], said.time)
    if said.password_hash is not None:
        await connection.execute(
            "update links set password_hash = $2 where link_id = $1", fact.data["link_id"], said.password_hash
        )


async def count_guest(connection: asyncpg.Connection, data: Data, time: datetime) -> None:
    """Count a guest of a link, once, and note what he calls himself from now on where that is new."""
    await connection.execute(
        "insert into guests (link_id, user_id, came_at) values ($1, $2, $3) on conflict do nothing",
        data["link_id"],
        data["user_id"],
        time,
    )
    if "guest_name" in data:
        await connection.execute(NAME_GUEST, data["board_id"], data["user_id"], data["guest_name"], time)


async def _board_created(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into boards (board_id, workspace_id, title, created_by, hidden, created_at, revision)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        fact["board_id"],
        fact["workspace_id"],
        fact["title"],
        fact["created_by"],
        fact["hidden"],
        said.time,
        fact["revision"],
    )
    if "branched_from" in fact:
        await version_store.branch(connection, fact["board_id"], fact["branched_from"])
    await _role_granted(
        connection, {"board_id": fact["board_id"], "user_id": fact["created_by"], "role": "owner"}, said
    )


async def _board_renamed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("update boards set title = $2 where board_id = $1", fact["board_id"], fact["title"])


async def _template_set(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("update boards set template = $2 where board_id = $1", fact["board_id"], fact["template"])


async def _board_archived(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute("update boards set archived_at = $2 where board_id = $1", fact["board_id"], said.time)


async def _board_trashed(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute("update boards set trashed_at = $2 where board_id = $1", fact["board_id"], said.time)


async def _board_restored(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    column = "trashed_at" if fact["from"] == "trash" else "archived_at"
    await connection.execute(f"update boards set {column} = null where board_id = $1", fact["board_id"])  # noqa: S608 - one of two names of ours


async def _board_revealed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("update boards set hidden = false where board_id = $1", fact["board_id"])


async def _role_granted(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into grants (board_id, user_id, role, created_at) values ($1, $2, $3, $4)"
        " on conflict (board_id, user_id) do update set role = excluded.role",
        fact["board_id"],
        fact["user_id"],
        fact["role"],
        said.time,
    )


async def _role_revoked(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "delete from grants where board_id = $1 and user_id = $2", fact["board_id"], fact["user_id"]
    )
    await connection.execute(
        "delete from visits where board_id = $1 and user_id = $2", fact["board_id"], fact["user_id"]
    )


async def _link_created(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    expires_at = fact["expires_at"]
    await connection.execute(
        "insert into links (link_id, board_id, role, expires_at, created_at) values ($1, $2, $3, $4, $5)",
        fact["link_id"],
        fact["board_id"],
        fact["role"],
        None if expires_at is None else datetime.fromisoformat(expires_at),
        said.time,
    )


async def _link_revoked(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute("update links set revoked_at = $2 where link_id = $1", fact["link_id"], said.time)


async def _link_opened(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into visits (link_id, board_id, user_id, opened_at) values ($1, $2, $3, $4)",
        fact["link_id"],
        fact["board_id"],
        fact["user_id"],
        said.time,
    )


async def _person_invited(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "insert into invites (invite_id, board_id, role, email, created_by, created_at, expires_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        fact["invite_id"],
        fact["board_id"],
        fact["role"],
        said.email,
        said.actor,
        said.time,
        datetime.fromisoformat(fact["expires_at"]),
    )


async def _invitation_ended(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update invites set ended_at = $2, email = null where invite_id = $1", fact["invite_id"], said.time
    )


async def _version_saved(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await version_store.save(connection, fact, said.time)


async def _version_renamed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await version_store.rename(connection, fact)


async def _version_deleted(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await version_store.delete(connection, fact)


async def _version_restored(_connection: asyncpg.Connection, _fact: Data, _said: Said) -> None:
    """What it changed are ops."""


Write = Callable[[asyncpg.Connection, Data, Said], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "boards.board_created": _board_created,
    "boards.board_renamed": _board_renamed,
    "boards.template_set": _template_set,
    "boards.board_archived": _board_archived,
    "boards.board_trashed": _board_trashed,
    "boards.board_restored": _board_restored,
    "boards.board_revealed": _board_revealed,
    "boards.role_granted": _role_granted,
    "boards.role_revoked": _role_revoked,
    "boards.link_created": _link_created,
    "boards.link_revoked": _link_revoked,
    "boards.link_opened": _link_opened,
    "boards.person_invited": _person_invited,
    "boards.invitation_accepted": _invitation_ended,
    "boards.invitation_revoked": _invitation_ended,
    "boards.version_saved": _version_saved,
    "boards.version_renamed": _version_renamed,
    "boards.version_deleted": _version_deleted,
    "boards.version_restored": _version_restored,
}
