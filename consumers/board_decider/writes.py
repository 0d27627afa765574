"""Writes the boards, their people and their links in PostgreSQL: what each fact says."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.board_decider import version_store
from topics.decisions import Fact

Data = Mapping[str, Any]

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


@dataclass(frozen=True, slots=True)
class Said:
    """Of an action, what its facts do not say; secrets are opened."""

    actor: str | None
    time: datetime
    password_hash: str | None = None
    email: str | None = None


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
