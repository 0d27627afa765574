"""Applies the consumers' migrations: each once, in order, in a transaction of its own, however many run at once."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import asyncpg
import structlog

from topics.bus.manifest import Manifest
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

# Everybody may read the views that a consumer offers, through this role; the edge is no consumer and has its own.
READER: Final = "doska_reader"
EDGE: Final = "doska_edge"
# The tables that every decider has: they belong to the engine and live in the consumer's schema.
DECIDE_TABLES: Final = Path(__file__).parent / "bus"
FILE_NAME: Final = re.compile(r"[0-9]{3}_[a-z0-9_]+\.sql")
VIEW_NAME: Final = "_v[0-9]+$"
# Roles belong to the cluster: two databases migrated at once meet there, and PostgreSQL has no lock for that.
MEETINGS: Final = 20
# PostgreSQL cuts longer names silently.
ROLE_BYTES: Final = 63

LEDGER: Final = """
create schema if not exists doska;
create table if not exists doska.migrations (
    consumer   text not null,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now(),
    primary key (consumer, name)
);
"""
# A view that its migration grants to somebody by name is for them alone.
OPEN_VIEWS: Final = """
select c.relname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relkind in ('v', 'm') and c.relname ~ $2
   and not exists (
       select from aclexplode(c.relacl) granted where granted.grantee <> c.relowner and granted.grantee <> 0)
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of SQL, run as its consumer's role with its schema as the search path."""

    consumer: str
    name: str
    file: Path
    sql: str

    @property
    def checksum(self) -> str:
        """What tells that an applied file was changed afterwards."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def role_of(consumer: str) -> str:
    """The role that owns a consumer's tables and alone may write them."""
    role = f"doska_{consumer}"
    if len(role.encode()) > ROLE_BYTES:
        raise Misconfigured(f"consumer {consumer}: the name is too long for a PostgreSQL role")
    return role


def in_order(consumers: Mapping[str, Manifest]) -> list[Manifest]:
    """The consumers, each after those whose views its tables are built on. Raises Misconfigured for a circle."""
    after: dict[str, tuple[str, ...]] = {
        name: manifest.migrations_after for name, manifest in sorted(consumers.items())
    }
    for name, wanted in after.items():
        for other in wanted:
            if other not in consumers:
                raise Misconfigured(f"{name}/consumer.yaml: migrations_after: there is no consumer {other}")
    try:
        return [consumers[name] for name in TopologicalSorter(after).static_order()]
    except CycleError as error:
        raise Misconfigured(f"migrations_after goes in a circle: {' -> '.join(error.args[1])}") from error


def migrations_of(manifest: Manifest, folder: Path) -> list[Migration]:
    """A consumer's migrations, those of its engine first."""
    if "postgres" not in manifest.stores:
        return []
    found = [
        Migration(manifest.name, f"engine/{file.name}", file, file.read_text(encoding="utf-8"))
        for file in sorted(DECIDE_TABLES.glob("decide_*.sql"))
        if manifest.engine == "decide"
    ]
    for file in sorted((folder / "migrations").glob("*")):
        if not FILE_NAME.fullmatch(file.name):
            raise Misconfigured(f"{file}: a migration is named like 001_tables.sql")
        found.append(Migration(manifest.name, file.name, file, file.read_text(encoding="utf-8")))
    return found


async def migrate(settings: Settings, consumers: Mapping[str, Manifest], folder: Path) -> list[str]:
    """Bring the database to what the consumers in `folder` need; returns what was applied, as `consumer/name`.

    Raises Misconfigured for a file that fails, was changed after it was applied, or comes before an applied one.
    """
    ordered = in_order(consumers)
    connection = await asyncpg.connect(
        settings.postgres_dsn, timeout=10, server_settings={"application_name": "doska migrate"}
    )
    try:
        await connection.execute("select pg_advisory_lock(hashtext('doska.migrations'))")
        await connection.execute(LEDGER)
        await _roles(connection, ordered)
        applied: list[str] = []
        for manifest in ordered:
            if "postgres" in manifest.stores:
                await _schema(connection, manifest.name)
                applied += await _apply(connection, manifest.name, migrations_of(manifest, folder / manifest.name))
                await _open_views(connection, manifest.name)
        return applied
    finally:
        await connection.close()


async def _roles(connection: asyncpg.Connection, consumers: Sequence[Manifest]) -> None:
    wanted = [READER, EDGE, *(role_of(each.name) for each in consumers if each.stores or each.views)]
    for meeting in range(MEETINGS):
        try:
            for role in wanted:
                await _role(connection, role)
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError):
            # Somebody made the same role or the same grant in this moment ("tuple concurrently updated").
            if meeting == MEETINGS - 1:
                raise
        except asyncpg.InsufficientPrivilegeError as error:
            raise Misconfigured(
                f"the database user may not make roles ({error}): let DOSKA_POSTGRES_DSN name the owner of the database "
                "with CREATEROLE, at least for `doska migrate`"
            ) from error
        else:
            return


async def _role(connection: asyncpg.Connection, role: str) -> None:
    if not await connection.fetchval("select exists(select from pg_roles where rolname = $1)", role):
        await connection.execute(f'create role "{role}" nologin')
    if role != READER and not await _is_member(connection, role, READER, "MEMBER"):
        await connection.execute(f'grant "{READER}" to "{role}"')
    # Before PostgreSQL 16 every member could take a role on; since then that is a right of its own.
    may_take_on = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
    user = await connection.fetchval("select current_user")
    if not await _is_member(connection, user, role, may_take_on):
        await connection.execute(f'grant "{role}" to current_user')


async def _is_member(connection: asyncpg.Connection, member: str, role: str, how: str) -> bool:
    found: bool = await connection.fetchval("select pg_has_role($1, $2, $3)", member, role, how)
    return found


async def _schema(connection: asyncpg.Connection, consumer: str) -> None:
    if not await connection.fetchval("select exists(select from pg_namespace where nspname = $1)", consumer):
        await connection.execute(f'create schema "{consumer}" authorization "{role_of(consumer)}"')
    async with connection.transaction():
        await connection.execute(f'set local role "{role_of(consumer)}"')
        await connection.execute(f'grant usage on schema "{consumer}" to "{READER}"')


async def _apply(connection: asyncpg.Connection, consumer: str, migrations: Sequence[Migration]) -> list[str]:
    rows = await connection.fetch("select name, checksum from doska.migrations where consumer = $1", consumer)
    known = {row["name"]: row["checksum"] for row in rows}
    applied = []
    for migration in migrations:
        if migration.name not in known:
            later = _applied_after(migration, migrations, known)
            if later:
                raise Misconfigured(f"{migration.file}: {later[-1]} is applied already: give it a later number")
            await _run(connection, migration)
            applied.append(f"{consumer}/{migration.name}")
        elif known[migration.name] != migration.checksum:
            raise Misconfigured(
                f"{migration.file}: it was changed after it was applied: undo that, and write the change as a new file"
            )
    return applied


def _applied_after(migration: Migration, migrations: Sequence[Migration], known: Mapping[str, str]) -> list[str]:
    """The applied files that a new one would come before; the engine's and the consumer's own are counted apart."""
    series = _series(migration)
    return [
        each.name
        for each in migrations
        if each.name in known and _series(each) == series and each.name > migration.name
    ]


def _series(migration: Migration) -> str:
    return migration.name.rpartition("/")[0]


async def _run(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute("set local lock_timeout = '30s'")
            await connection.execute(f'set local role "{role_of(migration.consumer)}"')
            await connection.execute(f'set local search_path = "{migration.consumer}"')
            await connection.execute(migration.sql)
            await connection.execute("set local role none")
            await connection.execute(
                "insert into doska.migrations (consumer, name, checksum) values ($1, $2, $3)",
                migration.consumer,
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        position = int(getattr(error, "position", None) or 1)
        line = migration.sql.count("\n", 0, position - 1) + 1
        raise Misconfigured(f"{migration.file}: line {line}: {error}") from error
    log.info("migrated", consumer=migration.consumer, migration=migration.name)


async def _open_views(connection: asyncpg.Connection, consumer: str) -> None:
    for view in await connection.fetch(OPEN_VIEWS, consumer, VIEW_NAME):
        async with connection.transaction():
            await connection.execute(f'set local role "{role_of(consumer)}"')
            await connection.execute(f'grant select on "{consumer}"."{view["relname"]}" to "{READER}"')
