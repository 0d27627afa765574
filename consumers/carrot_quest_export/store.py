"""Which facts' events Carrot Quest has, and of which nobody knows."""

from collections.abc import Collection, Mapping
from typing import Final, Literal

import asyncpg

State = Literal["new", "busy", "unknown", "sent"]

BEGIN: Final = "insert into events (fact_id) select unnest($1::uuid[]) on conflict do nothing returning fact_id::text"
TAKE_OVER: Final = """
update events set begun_at = now()
 where fact_id = any($1::uuid[]) and sent_at is null and begun_at <= now() - make_interval(secs => $2)
returning fact_id::text
"""
SENT: Final = "select fact_id::text from events where fact_id = any($1::uuid[]) and sent_at is not null"


class EventStore:
    """The consumer's own table; live facts and those of a backfill meet here."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin(self, fact_ids: Collection[str], patience_seconds: float) -> Mapping[str, State]:
        """Note that these are about to be sent, unless they are `sent`, or begun by somebody so short ago (`busy`).

        What was begun longer ago and has no outcome is `unknown`: whoever began it died, or heard no answer.
        """
        if not fact_ids:
            return {}
        ids = sorted(fact_ids)  # two at once take their rows in the same order
        async with self._pool.acquire() as connection, connection.transaction():
            unknown = {row[0] for row in await connection.fetch(TAKE_OVER, ids, patience_seconds)}
            new = {row[0] for row in await connection.fetch(BEGIN, ids)}
            sent = {row[0] for row in await connection.fetch(SENT, ids)}
        known: dict[str, State] = {
            **dict.fromkeys(sent, "sent"),
            **dict.fromkeys(unknown, "unknown"),
            **dict.fromkeys(new, "new"),
        }
        return {each: known.get(each, "busy") for each in ids}

    async def settle(self, sent: Collection[str], not_sent: Collection[str]) -> None:
        """Note which are there, and which certainly are not; nobody knows of the others that were begun."""
        async with self._pool.acquire() as connection, connection.transaction():
            if sent:
                await connection.execute(
                    "update events set sent_at = now() where fact_id = any($1::uuid[]) and sent_at is null", list(sent)
                )
            if not_sent:
                await connection.execute(
                    "delete from events where fact_id = any($1::uuid[]) and sent_at is null", list(not_sent)
                )
