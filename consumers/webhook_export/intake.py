"""Facts in, deliveries out: what is read and where reading stands are written in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from consumers.webhook_export.handler import (
    Delivery,
    Subscription,
    Told,
    deliveries,
    home,
    new_boards,
    redeliveries,
)
from topics.bus.checkpoint_table import CheckpointTable, Reached
from topics.runtime.away import postgres_or_retry

ADD_BOARDS: Final = """
insert into webhook_export.boards (board_id, workspace_id)
select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing
"""
HOMES: Final = """
select board_id::text, workspace_id::text from webhook_export.boards where board_id = any($1::uuid[])
"""
# Topics are read side by side, so a comment may come before its board: the decider knew the board before anybody could
# comment on it. What was heard once is kept, for boards may go.
KNOWN_BOARDS: Final = """
select board_id::text, workspace_id::text from board_decider.boards_v1 where board_id = any($1::uuid[])
"""
# The decider's own view: whoever deleted a webhook, or narrowed it, is heeded by what is read after that.
SUBSCRIPTIONS: Final = """
select subscription_id::text, workspace_id::text, types, boards::text[], created_at, stint
  from webhook_decider.subscriptions_v1 where workspace_id = any($1::uuid[]) order by subscription_id
"""
ADD: Final = """
insert into webhook_export.deliveries
       (delivery_id, subscription_id, workspace_id, fact_id, type, fact_time, body, once, next_at, created_at)
select d.*, $9, $9
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::text[], $8::boolean[]) d
    on conflict (delivery_id) do nothing
"""
OPEN: Final = """
insert into webhook_export.endpoints (subscription_id, stint)
select * from unnest($1::uuid[], $2::integer[]) on conflict do nothing
"""
# Somebody waits for these: they begin anew, also while their endpoint is left alone.
AGAIN: Final = """
update webhook_export.deliveries d
   set state = 'pending', attempts = 0, next_at = $3, once = false,
       status = null, latency_ms = null, error = null, tried_at = null
  from unnest($1::uuid[], $2::uuid[]) a (delivery_id, subscription_id)
 where d.delivery_id = a.delivery_id and d.subscription_id = a.subscription_id
"""
WAKE: Final = "update webhook_export.endpoints set rests_until = null where subscription_id = any($1::uuid[])"


class Intake:
    """What was read, as deliveries that wait; and where reading stands."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.checkpoints = CheckpointTable(pool, "webhook_export")

    async def write(
        self,
        facts: Sequence[Told],
        ends: Reached,
        *,
        now: datetime,
        oldest: datetime,
    ) -> int:
        """Write deliveries of facts, and move the checkpoints; returns how many there are to send now.

        Args:
            facts: in their order; any of them may be known already, or come twice.
            ends: by topic and partition, its generation and the next offset to read.
            now: when they are due.
            oldest: what happened before is not sent any more.

        Raises:
            Retry: PostgreSQL is not there; nothing was written.
        """
        with postgres_or_retry():
            async with self._pool.acquire() as connection, connection.transaction():
                added = await _add(connection, facts, now, oldest) if facts else 0
                await self.checkpoints.move(connection, ends)
                return added


async def _add(connection: asyncpg.Connection, facts: Sequence[Told], now: datetime, oldest: datetime) -> int:
    homes = await _homes(connection, facts)
    workspaces = sorted({place for each in facts if (place := home(each, homes)) is not None})
    rows = await connection.fetch(SUBSCRIPTIONS, workspaces) if workspaces else []
    found = deliveries(facts, homes, [_subscription(row) for row in rows], oldest)
    stints = {row["subscription_id"]: row["stint"] for row in rows}
    added = 0
    if found:
        concerned = sorted({each.subscription_id for each in found})
        await connection.execute(OPEN, concerned, [stints[each] for each in concerned])
        added = int((await connection.execute(ADD, *_columns(found), now)).split()[-1])
    again = redeliveries(facts)
    wanted = {subscription_id for _, subscription_id in again} | {each.subscription_id for each in found if each.once}
    if wanted:
        # An endpoint before its deliveries, in the order in which those who send take them.
        await connection.execute(WAKE, sorted(wanted))
    if again:
        await connection.execute(AGAIN, *map(list, zip(*again, strict=True)), now)
    return added + len(again)


async def _homes(connection: asyncpg.Connection, facts: Sequence[Told]) -> dict[str, str]:
    """The workspaces of the boards that the facts are about; those that are new are remembered."""
    boards = sorted({each.board_id for each in facts if each.board_id is not None})
    if not boards:
        return {}
    homes = {row["board_id"]: row["workspace_id"] for row in await connection.fetch(HOMES, boards)}
    strange = sorted(set(boards) - homes.keys())
    if strange:
        known = {row["board_id"]: row["workspace_id"] for row in await connection.fetch(KNOWN_BOARDS, strange)}
        made = {**{board: home for board, home in new_boards(facts).items() if board in strange}, **known}
        await connection.execute(ADD_BOARDS, list(made), list(made.values()))
        homes |= made
    return homes


def _subscription(row: asyncpg.Record) -> Subscription:
    return Subscription(
        row["subscription_id"], row["workspace_id"], tuple(row["types"]), frozenset(row["boards"]), row["created_at"]
    )


def _columns(found: Sequence[Delivery]) -> tuple[list[object], ...]:
    return (
        [each.delivery_id for each in found],
        [each.subscription_id for each in found],
        [each.workspace_id for each in found],
        [each.told.fact_id for each in found],
        [each.told.type for each in found],
        [each.told.time for each in found],
        [each.told.body for each in found],
        [each.once for each in found],
    )
