"""Chains and checkpoints in PostgreSQL, moved together."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from consumers.audit_log.handler import (
    Entry,
    Head,
    Row,
    boards_of,
    chain_of,
    chained,
    firsts,
    new_boards,
    refuse_another,
)
from consumers.audit_log.reading import homes
from topics.bus.checkpoint_table import CheckpointTable, Reached
from topics.runtime.away import postgres_or_retry

ADD_BOARDS: Final = """
insert into audit_log.boards (board_id, workspace_id)
select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing
"""
# Who adds to a chain holds its head until the end of the transaction; sorted, so that two writers never wait in a circle.
OPEN_CHAINS: Final = """
insert into audit_log.chains (chain, length, hash)
select chain, 0, decode(repeat('00', 32), 'hex') from unnest($1::text[]) chain order by chain on conflict do nothing
"""
LOCK_CHAINS: Final = """
select chain, length, hash from audit_log.chains where chain = any($1::text[]) order by chain for update
"""
KNOWN: Final = "select fact_id::text, type, subject from audit_log.entries where fact_id = any($1::uuid[])"
ADD: Final = """
insert into audit_log.entries (chain, seq, fact_id, type, schema, time, actor, subject, session_id, link_id,
                               correlation_id, traceparent, data, hash)
select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[])
"""
MOVE_HEADS: Final = """
update audit_log.chains c set length = n.length, hash = n.hash
  from unnest($1::text[], $2::bigint[], $3::bytea[]) n (chain, length, hash) where c.chain = n.chain
"""


class AuditStore:
    """The tables of this consumer."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.checkpoints = CheckpointTable(pool, "audit_log")

    async def write(self, entries: Sequence[Entry], ends: Reached) -> None:
        """Add the entries that are new to their chains, and move the checkpoints, in one transaction.

        Args:
            entries: in the order in which they shall stand; any of them may be known already, or come twice.
            ends: by topic and partition, its generation and the next offset to read.

        Raises:
            Retry: PostgreSQL is not there; nothing was written.
        """
        with postgres_or_retry():
            async with self._pool.acquire() as connection, connection.transaction():
                await _add(connection, entries)
                # A former owner that was paused may come late: what it brings is known by then.
                await self.checkpoints.move(connection, ends)


async def _add(connection: asyncpg.Connection, entries: Sequence[Entry]) -> None:
    if not entries:
        return
    lives = await _homes(connection, entries)
    told = firsts(entries)
    chains: dict[str, list[Entry]] = {}
    for entry in told.values():
        chains.setdefault(chain_of(entry, lives), []).append(entry)
    await connection.execute(OPEN_CHAINS, sorted(chains))
    heads = {
        row["chain"]: Head(row["length"], row["hash"]) for row in await connection.fetch(LOCK_CHAINS, sorted(chains))
    }
    # Asked under the locks: nobody else can be adding the same facts now.
    known = set()
    for row in await connection.fetch(KNOWN, list(told)):
        refuse_another(told[row["fact_id"]], row["type"], row["subject"])
        known.add(row["fact_id"])
    rows: list[Row] = []
    for chain in sorted(chains):
        rows += chained(chain, heads[chain], [entry for entry in chains[chain] if entry.fact_id not in known])
    if rows:
        await connection.execute(ADD, *_columns(rows))
        last = {row.chain: row for row in rows}.values()
        await connection.execute(
            MOVE_HEADS, [row.chain for row in last], [row.seq for row in last], [row.hash for row in last]
        )


async def _homes(connection: asyncpg.Connection, entries: Sequence[Entry]) -> dict[str, str]:
    """The workspaces of the boards that the entries are about; those that the entries make are remembered."""
    made = sorted(new_boards(entries).items())
    if made:
        await connection.execute(ADD_BOARDS, *map(list, zip(*made, strict=True)))
    asked = boards_of(entries)
    return await homes(connection, asked) if asked else {}


def _columns(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return (
        [row.chain for row in rows],
        [row.seq for row in rows],
        [row.entry.fact_id for row in rows],
        [row.entry.type for row in rows],
        [row.entry.schema for row in rows],
        [row.entry.time for row in rows],
        [row.entry.actor for row in rows],
        [row.entry.subject for row in rows],
        [row.entry.session_id for row in rows],
        [row.entry.link_id for row in rows],
        [row.entry.correlation_id for row in rows],
        [row.entry.traceparent for row in rows],
        [row.entry.data for row in rows],
        [row.hash for row in rows],
    )
