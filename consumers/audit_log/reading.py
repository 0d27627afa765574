"""Reads chains back from PostgreSQL, as they were at one moment."""

from collections.abc import AsyncIterator, Collection
from typing import Any, Final

import asyncpg

from consumers.audit_log.handler import Entry, Head, Row

COLUMNS: Final = """chain, seq, fact_id::text as fact_id, type, schema, time, actor, subject, session_id, link_id,
       correlation_id, traceparent, data, hash"""
ROWS: Final = f"select {COLUMNS} from audit_log.entries where chain = $1 and seq >= $2 order by seq"  # noqa: S608 - constant
OF_FACTS: Final = f"select {COLUMNS} from audit_log.entries where fact_id = any($1::uuid[])"  # noqa: S608 - constant
# Both: a chain without entries may have a head, and entries of a chain may have lost theirs.
CHAINS: Final = """
select chain from audit_log.chains union select distinct chain from audit_log.entries order by chain
"""
HEADS: Final = "select chain, length, hash from audit_log.chains order by chain"
CHECKPOINTS: Final = "select topic, partition, generation, next from audit_log.checkpoints"
HOMES: Final = "select board_id::text, workspace_id::text from audit_log.boards where board_id = any($1::uuid[])"
PREFETCH: Final = 500


async def chains(connection: asyncpg.Connection) -> list[str]:
    """The chains there are."""
    return [row["chain"] for row in await connection.fetch(CHAINS)]


async def heads(connection: asyncpg.Connection) -> dict[str, Head]:
    """Where each chain says that it ends."""
    return {row["chain"]: Head(row["length"], row["hash"]) for row in await connection.fetch(HEADS)}


async def rows_from(connection: asyncpg.Connection, chain: str, seq: int) -> AsyncIterator[Row]:
    """The rows of a chain from a place on, a few hundred at a time; needs a transaction."""
    async for row in connection.cursor(ROWS, chain, seq, prefetch=PREFETCH):
        yield _row(row)


async def of_facts(connection: asyncpg.Connection, fact_ids: Collection[str]) -> dict[str, Row]:
    """The rows of some facts, by fact."""
    return {row["fact_id"]: _row(row) for row in await connection.fetch(OF_FACTS, list(fact_ids))}


async def homes(connection: asyncpg.Connection, boards: Collection[str]) -> dict[str, str]:
    """The workspaces of some boards, by board."""
    return {row["board_id"]: row["workspace_id"] for row in await connection.fetch(HOMES, list(boards))}


async def checkpoints(connection: asyncpg.Connection) -> dict[tuple[str, int], int]:
    """Up to where each partition is contained: the next offset."""
    return {(row["topic"], row["partition"]): row["next"] for row in await connection.fetch(CHECKPOINTS)}


def _row(row: Any) -> Row:
    entry = Entry(
        fact_id=row["fact_id"],
        type=row["type"],
        schema=row["schema"],
        time=row["time"],
        actor=row["actor"],
        subject=row["subject"],
        session_id=row["session_id"],
        link_id=row["link_id"],
        correlation_id=row["correlation_id"],
        traceparent=row["traceparent"],
        data=row["data"],
    )
    return Row(row["chain"], row["seq"], entry, bytes(row["hash"]))
