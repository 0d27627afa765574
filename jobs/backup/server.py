"""What a running server says of itself, asked over one connection."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from topics.errors import Unavailable
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.settings import Settings

SLOT: Final = "doska_backup"
# Whoever copies at the same time receives the log as well, under another name.
RECEIVER: Final = "doska_backup"
COPIER: Final = "doska_backup_copy"
ASK: Final = """
select (select system_identifier::text from pg_control_system()) as cluster,
       substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline,
       current_setting('server_version') as version,
       pg_size_bytes(current_setting('wal_segment_size')) as segment_bytes
"""
# A server that lost what the slot was to hold back says so here; what was not received by then is gone.
LIVING: Final = "select wal_status is distinct from 'lost' from pg_replication_slots where slot_name = $1"
# pg_basebackup has a child that receives the log, and who kills the one does not kill the other.
SURVIVORS: Final = "select pg_terminate_backend(pid, $2) from pg_stat_replication where application_name = $1"
SURVIVOR_MILLISECONDS: Final = 10_000
# Replay to a moment needs a commit after it, and a quiet night has none.
BEAT: Final = "select pg_logical_emit_message(true, 'doska.backup', '')"
REACHED: Final = "select now() as at, pg_current_wal_flush_lsn()::text as lsn"
RECEIVED: Final = """
select exists(select from pg_stat_replication where application_name = $1 and write_lsn >= $2::text::pg_lsn)
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which cluster, in which of its lives."""

    cluster: str
    timeline: str
    version: str
    segment_bytes: int


async def connected(settings: Settings) -> asyncpg.Connection:
    """A connection. Raises Unavailable."""
    try:
        return await asyncpg.connect(
            settings.postgres_dsn, timeout=10, command_timeout=30, server_settings={"application_name": "doska backup"}
        )
    except POSTGRES_AWAY as error:
        raise Unavailable(f"PostgreSQL is not there: {error!r}") from error


async def identity(connection: asyncpg.Connection) -> Identity:
    """Which cluster this is."""
    row = await connection.fetchrow(ASK)
    return Identity(row["cluster"], row["timeline"], row["version"], row["segment_bytes"])


async def clock(connection: asyncpg.Connection) -> datetime:
    """The server's time: what its log knows."""
    found: datetime = await connection.fetchval("select clock_timestamp()")
    return found


async def slot_lives(connection: asyncpg.Connection) -> bool:
    """Whether the slot is there and has everything."""
    return bool(await connection.fetchval(LIVING, SLOT))


async def make_slot(connection: asyncpg.Connection) -> None:
    """A new slot, from here on; an old one is forgotten."""
    await connection.execute(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active", SLOT
    )
    await connection.execute("select pg_create_physical_replication_slot($1, true)", SLOT)


async def end_survivors(connection: asyncpg.Connection) -> None:
    """End what a copy that was killed left running; whoever calls it is the only one who copies."""
    await connection.execute(SURVIVORS, COPIER, SURVIVOR_MILLISECONDS)


async def beat(connection: asyncpg.Connection) -> tuple[datetime, str]:
    """A commit of ours; a moment before it, and the place that must be received for that moment to be covered."""
    at = await clock(connection)
    await connection.execute(BEAT)
    row = await connection.fetchrow(REACHED)
    return at, row["lsn"]


async def received(connection: asyncpg.Connection, lsn: str) -> bool:
    """Whether our receiver has written everything up to this place."""
    return bool(await connection.fetchval(RECEIVED, RECEIVER, lsn))
