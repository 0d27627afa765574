"""Reads and writes webhooks in PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from consumers.webhook_decider.state import State, Subscription
from topics.decisions import Fact

Data = Mapping[str, Any]

WORKSPACE: Final = """
select exists(select from workspace_decider.workspaces_v1 where workspace_id = $1) as exists,
       (select role from workspace_decider.members_v1 where workspace_id = $1 and user_id = $2) as role,
       coalesce((select revision from workspaces where workspace_id = $1), 0) as revision,
       array(select subscription_id::text from subscriptions where workspace_id = $1 order by subscription_id) as all
"""
SUBSCRIPTION: Final = """
select subscription_id::text, host, types, boards::text[], paused is null as active, stint
  from subscriptions where workspace_id = $1 and subscription_id = $2
"""
SECRETS: Final = "select version, until from secrets where subscription_id = $1 order by version desc"
BOARDS: Final = """
select board_id::text from board_decider.boards_v1 where workspace_id = $1 and board_id = any($2::uuid[]) and not hidden
"""
# A view of whoever delivers: what is past its retention cannot be sent again.
DELIVERY: Final = """
select exists(select from webhook_export.deliveries_v1 where delivery_id = $1 and subscription_id = $2)
"""
CREATE: Final = """
insert into subscriptions (subscription_id, workspace_id, url, host, types, boards, stint, created_by, created_at)
values ($1, $2, $3, $4, $5, $6::uuid[], 1, $7, $8)
"""
UPDATE: Final = """
update subscriptions set url = coalesce($2, url), host = $3, types = $4, boards = $5::uuid[] where subscription_id = $1
"""
REVISE: Final = """
insert into workspaces (workspace_id, revision) values ($1, $2)
on conflict (workspace_id) do update set revision = excluded.revision
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of an action: its address in clear, when it may be called, else why not; and the key of new secrets."""

    address: str | None
    refused: str | None
    key_id: str


@dataclass(frozen=True, slots=True)
class Said:
    """Of an action, what its facts do not say: the address, and when."""

    address: str | None
    time: datetime


async def load(connection: asyncpg.Connection, data: Data, actor: str | None, asked: Asked) -> State:
    """What the action may depend on."""
    workspace_id, subscription_id = data["workspace_id"], data.get("subscription_id")
    row = await connection.fetchrow(WORKSPACE, workspace_id, actor)
    return State(
        exists=row["exists"],
        role=row["role"],
        revision=row["revision"],
        count=len(row["all"]),
        subscription=None
        if subscription_id is None
        else await _subscription(connection, workspace_id, subscription_id),
        all=tuple(row["all"]),
        address=asked.address,
        refused=asked.refused,
        strange_boards=await _strange(connection, workspace_id, data.get("boards", [])),
        key_id=asked.key_id,
        has_delivery="delivery_id" in data
        and await connection.fetchval(DELIVERY, data["delivery_id"], subscription_id),
    )


async def apply(connection: asyncpg.Connection, fact: Fact, said: Said) -> None:
    """Make one fact so, and count it as the last of the workspace's webhooks."""
    if fact.type in WRITES:
        await WRITES[fact.type](connection, fact.data, said)
    await connection.execute(REVISE, fact.data["workspace_id"], fact.data["revision"])


async def _subscription(connection: asyncpg.Connection, workspace_id: str, subscription_id: str) -> Subscription | None:
    row = await connection.fetchrow(SUBSCRIPTION, workspace_id, subscription_id)
    if row is None:
        return None
    secrets = await connection.fetch(SECRETS, subscription_id)
    held = {**row, "types": tuple(row["types"]), "boards": tuple(row["boards"])}
    return Subscription(**held, secrets=tuple((each["version"], each["until"]) for each in secrets))


async def _strange(connection: asyncpg.Connection, workspace_id: str, boards: list[str]) -> tuple[int, ...]:
    if not boards:
        return ()
    known = {row["board_id"] for row in await connection.fetch(BOARDS, workspace_id, boards)}
    return tuple(number for number, board_id in enumerate(boards) if board_id not in known)


async def _created(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        CREATE,
        fact["subscription_id"],
        fact["workspace_id"],
        said.address,
        fact["host"],
        fact["types"],
        fact["boards"],
        fact["created_by"],
        said.time,
    )
    await _add_secret(connection, fact)


async def _updated(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(UPDATE, fact["subscription_id"], said.address, fact["host"], fact["types"], fact["boards"])


async def _deleted(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute("delete from subscriptions where subscription_id = $1", fact["subscription_id"])


async def _paused(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    await connection.execute(
        "update subscriptions set paused = $2, paused_at = $3 where subscription_id = $1",
        fact["subscription_id"],
        fact["reason"],
        said.time,
    )


async def _resumed(connection: asyncpg.Connection, fact: Data, _said: Said) -> None:
    await connection.execute(
        "update subscriptions set paused = null, paused_at = null, stint = stint + 1 where subscription_id = $1",
        fact["subscription_id"],
    )


async def _rotated(connection: asyncpg.Connection, fact: Data, said: Said) -> None:
    subscription_id, until = fact["subscription_id"], datetime.fromisoformat(fact["previous_until"])
    await connection.execute(
        "delete from secrets where subscription_id = $1 and until <= $2", subscription_id, said.time
    )
    await connection.execute(
        "update secrets set until = $2 where subscription_id = $1 and until is null", subscription_id, until
    )
    await _add_secret(connection, fact)


async def _add_secret(connection: asyncpg.Connection, fact: Data) -> None:
    await connection.execute(
        "insert into secrets (subscription_id, version, key_id) values ($1, $2, $3)",
        fact["subscription_id"],
        fact["secret_version"],
        fact["key_id"],
    )


Write = Callable[[asyncpg.Connection, Data, Said], Awaitable[None]]
WRITES: Final[Mapping[str, Write]] = {
    "webhooks.subscription_created": _created,
    "webhooks.subscription_updated": _updated,
    "webhooks.subscription_deleted": _deleted,
    "webhooks.subscription_paused": _paused,
    "webhooks.subscription_resumed": _resumed,
    "webhooks.secret_rotated": _rotated,
}
