"""What consumers have written to their own tables."""

import json
from collections.abc import Collection, Mapping

import asyncpg

from topics.runtime.settings import Settings

# The kernel's own memory of what was read; everything else is the consumer's effect.
KERNEL_TABLES = {"checkpoint", "checkpoints", "inbox", "outbox", "idempotency"}
Effects = Mapping[str, list[str]]


async def effects(settings: Settings, consumers: Collection[str]) -> Mapping[str, Effects]:
    """Everything in the tables of each consumer, by consumer and table."""
    connection = await asyncpg.connect(settings.postgres_dsn)
    try:
        tables = await connection.fetch(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema = any($1) and table_type = 'BASE TABLE' "
            # What is kept by position in the log grows with every record, and says so of itself.
            "and coalesce(obj_description(format('%I.%I', table_schema, table_name)::regclass), '') not like $2 "
            "order by 1, 2",
            list(consumers),
            "By position in the log:%",
        )
        found: dict[str, dict[str, list[str]]] = {name: {} for name in consumers}
        for schema, name in tables:
            if name not in KERNEL_TABLES:
                rows = await connection.fetch(f'select * from "{schema}"."{name}"')
                found[schema][name] = sorted(json.dumps([str(value) for value in row]) for row in rows)
    finally:
        await connection.close()
    return found
