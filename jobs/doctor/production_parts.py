"""What is fine on one's own machine and not where strangers come: asked of the parts themselves."""

from typing import Final

import asyncpg

from consumers import discovery
from edge.settings import EdgeSettings
from jobs.doctor.finding import Finding, bad, note, ok
from topics.bus import admin
from topics.bus.acl_requests import plan_acl
from topics.errors import DoskaError

# What PostgreSQL must not be told to leave out: each loses what it has confirmed, after a crash.
DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
COPIES: Final = 3


async def kafka(settings: EdgeSettings) -> list[Finding]:
    """Copies of topics, and who may use them."""
    manifests = discovery.manifests().values()
    try:
        thin = [each.topic for each in await admin.describe_topics(settings, manifests) if each.replication < COPIES]
    except DoskaError as problem:
        return [bad(f"Kafka does not say how many copies it has: {problem}")]
    found = []
    if thin:
        words = ", ".join(thin[:3]) + (f" and {len(thin) - 3} more" if len(thin) > 3 else "")
        found.append(
            bad(f"Kafka keeps fewer than {COPIES} copies of {words}: what is acknowledged is lost with a disk")
        )
    try:
        changes = await plan_acl(settings, manifests)
    except DoskaError as problem:
        found.append(bad(f"Kafka does not check who writes: {problem}"))
    else:
        if changes:
            found.append(
                bad(f"{len(changes)} of Kafka's access rules are not as they should be: run doska topics acl apply")
            )
    return found or [ok(f"Kafka keeps {COPIES} copies of every topic and checks who writes")]


async def postgres(settings: EdgeSettings) -> list[Finding]:
    """What a crash would leave, and how far back an operator could go."""
    try:
        connection = await asyncpg.connect(settings.postgres_dsn, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        return [bad(f"PostgreSQL does not answer: {problem or type(problem).__name__}")]
    try:
        rows = await connection.fetch("select name, setting from pg_settings")
        is_super = await connection.fetchval("select rolsuper from pg_roles where rolname = current_user")
        received = await connection.fetchval("select exists(select from pg_stat_replication)")
    finally:
        await connection.close()
    return judged({row["name"]: row["setting"] for row in rows}, is_super=is_super, received=received)


def judged(settings: dict[str, str], *, is_super: bool, received: bool = False) -> list[Finding]:
    """PostgreSQL by its settings, as `pg_settings` names them; `received`: somebody receives its log."""
    off = [name for name in DURABLE if settings.get(name) == "off"]
    found = [bad(f"PostgreSQL has {name} off: a crash loses what was confirmed") for name in off]
    if is_super:
        found.append(note("Doska's user of PostgreSQL is a superuser: CREATEROLE and its own database are enough"))
    if settings.get("data_checksums") != "on":
        found.append(note("PostgreSQL has no data checksums: what a disk spoils is found late"))
    if settings.get("archive_mode") == "off" and not received:
        found.append(
            note(
                "PostgreSQL archives no WAL: after a lost disk only the last dump is left. Set DOSKA_BACKUP_DIR and have "
                "`doska run backups` run"
            )
        )
    return found or [ok("PostgreSQL keeps what it confirms, and more than one copy of it")]
