"""The webhooks of a workspace, and what was delivered to them."""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from edge.queries.pages import Page, Place, listed
from edge.queries.reading import Row, row, rows, told

Json = dict[str, Any]
# An end of an old secret that has passed is nobody's business any more.
COLUMNS: Final = """s.subscription_id::text, s.url, s.types, s.boards::text[], s.paused, s.paused_at, s.created_at,
       case when s.previous_until > now() then s.previous_until end as previous_secret_until, e.failing_since"""
SOURCE: Final = """
  from webhook_decider.subscriptions_v1 s left join webhook_export.endpoints_v1 e using (subscription_id, stint)
"""
LIST: Final = f"""
select {COLUMNS} {SOURCE}
 where s.workspace_id = $1::uuid and (s.created_at, s.subscription_id) < ($2, $3::uuid)
 order by s.created_at desc, s.subscription_id desc limit $4
"""
ONE: Final = f"select {COLUMNS} {SOURCE} where s.workspace_id = $1::uuid and s.subscription_id = $2::uuid"
DELIVERY_COLUMNS: Final = """delivery_id::text, fact_id::text, type, fact_time, state, attempts, status, latency_ms, error,
       tried_at, case when state = 'pending' then next_at end as next_at, created_at"""
DELIVERIES: Final = f"""
select {DELIVERY_COLUMNS} from webhook_export.deliveries_v1
 where workspace_id = $1::uuid and subscription_id = $2::uuid and (created_at, delivery_id) < ($3, $4::uuid)
 order by created_at desc, delivery_id desc limit $5
"""  # noqa: S608 - constants
TIMES: Final = frozenset(
    {"paused_at", "created_at", "previous_secret_until", "failing_since", "fact_time", "tried_at", "next_at"}
)


async def webhooks(pool: asyncpg.Pool, workspace_id: str, page: Page) -> Json:
    """The webhooks of a workspace, newest first; without their secrets, which stand nowhere."""
    found = await rows(pool, LIST, workspace_id, page.place.time, page.place.identifier, page.limit + 1)
    return listed("webhooks", page, found, _place("subscription_id"), _shown)


async def webhook(pool: asyncpg.Pool, workspace_id: str, subscription_id: str) -> Json | None:
    """One of them."""
    found = await row(pool, ONE, workspace_id, subscription_id)
    return None if found is None else _shown(found)


async def deliveries(pool: asyncpg.Pool, workspace_id: str, subscription_id: str, page: Page) -> Json:
    """What was delivered to a webhook, or waits, newest first."""
    found = await rows(
        pool, DELIVERIES, workspace_id, subscription_id, page.place.time, page.place.identifier, page.limit + 1
    )
    return listed("deliveries", page, found, _place("delivery_id"), _shown)


def _place(identifier: str) -> Callable[[Row], Place]:
    return lambda item: Place(item["created_at"], item[identifier])


def _shown(item: Row) -> Row:
    return {name: told(value) if name in TIMES else value for name, value in item.items()}
