"""Migrations: once each, in order, with a role that alone may write."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from topics.bus.manifest import Manifest
from topics.errors import Misconfigured
from topics.migrations import in_order, migrate, migrations_of
from topics.runtime.settings import Settings

KEEPER = Manifest(name="keeper", about="x", engine="batch", reads=("boards.ops",), stores=("postgres",))
READER = Manifest(
    name="looker",
    about="x",
    engine="decide",
    reads=("boards.ops",),
    stores=("postgres",),
    views=("keeper",),
    migrations_after=("keeper",),
)
CONSUMERS = {"looker": READER, "keeper": KEEPER}


@pytest.fixture
async def database(stack_environment: dict[str, str]) -> AsyncIterator[Settings]:
    """A database of its own on the session's server."""
    dsn = stack_environment["DOSKA_POSTGRES_DSN"]
    name = f"migrations_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(dsn)
    await admin.execute(f'create database "{name}"')
    base, _, _ = dsn.rpartition("/")
    yield Settings(postgres_dsn=f"{base}/{name}")
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keeper" / "migrations").mkdir(parents=True)
    (tmp_path / "looker" / "migrations").mkdir(parents=True)
    (tmp_path / "keeper" / "migrations" / "001_things.sql").write_text(
        "create table things (name text primary key);\n"
        "create view things_v1 as select name from things;\n"
        "create view secrets_v1 as select name from things;\n"
        "grant select on secrets_v1 to doska_edge;\n"
    )
    (tmp_path / "looker" / "migrations" / "001_seen.sql").write_text(
        "create table seen (name text);\ncreate view both_v1 as select name from seen union select name from keeper.things_v1;\n"
    )
    return tmp_path


async def connect(settings: Settings, role: str | None = None) -> asyncpg.Connection:
    return await asyncpg.connect(settings.postgres_dsn, server_settings={"role": role} if role else {})


def test_consumers_come_after_those_whose_views_they_use() -> None:
    assert [manifest.name for manifest in in_order(CONSUMERS)] == ["keeper", "looker"]


def test_a_circle_is_refused_with_its_path() -> None:
    circle = {**CONSUMERS, "keeper": KEEPER.model_copy(update={"migrations_after": ("looker",)})}

    with pytest.raises(Misconfigured, match=r"circle: .*keeper.*looker"):
        in_order(circle)


def test_a_file_without_a_number_is_refused(folder: Path) -> None:
    (folder / "keeper" / "migrations" / "things.sql").write_text("")

    with pytest.raises(Misconfigured, match=r"things\.sql"):
        migrations_of(KEEPER, folder / "keeper")


@pytest.mark.integration
async def test_everything_is_applied_once(database: Settings, folder: Path) -> None:
    first = await migrate(database, CONSUMERS, folder)
    second = await migrate(database, CONSUMERS, folder)

    assert first == ["keeper/001_things.sql", "looker/engine/decide_001_tables.sql", "looker/001_seen.sql"]
    assert second == []


@pytest.mark.integration
async def test_a_later_release_adds_a_file_to_a_consumer_with_an_engine_of_its_own(
    database: Settings, folder: Path
) -> None:
    await migrate(database, CONSUMERS, folder)
    (folder / "looker" / "migrations" / "002_more.sql").write_text("alter table seen add column at timestamptz;\n")

    assert await migrate(database, CONSUMERS, folder) == ["looker/002_more.sql"]


@pytest.mark.integration
async def test_several_at_once_apply_everything_once(database: Settings, folder: Path) -> None:
    applied = await asyncio.gather(*(migrate(database, CONSUMERS, folder) for _ in range(4)))

    assert sorted(map(len, applied)) == [0, 0, 0, 3]


@pytest.mark.integration
async def test_two_databases_of_one_server_at_once_make_the_same_roles(
    stack_environment: dict[str, str], folder: Path
) -> None:
    dsn = stack_environment["DOSKA_POSTGRES_DSN"]
    suffix = secrets.token_hex(4)
    consumers = {
        name: manifest.model_copy(
            update={"name": f"{name}_{suffix}", "migrations_after": (), "views": (), "engine": "batch"}
        )
        for name, manifest in CONSUMERS.items()
    }
    consumers = {manifest.name: manifest for manifest in consumers.values()}
    admin = await asyncpg.connect(dsn)
    databases = [f"roles_{suffix}_{number}" for number in range(4)]
    for name in databases:
        await admin.execute(f'create database "{name}"')
    base, _, _ = dsn.rpartition("/")

    await asyncio.gather(*(migrate(Settings(postgres_dsn=f"{base}/{name}"), consumers, folder) for name in databases))

    roles = await admin.fetch("select rolname from pg_roles where rolname like $1", f"%{suffix}")
    assert len(roles) == 2
    for name in databases:
        await admin.execute(f'drop database "{name}" with (force)')
    for role in roles:
        await admin.execute(f'drop role "{role["rolname"]}"')
    await admin.close()


@pytest.mark.integration
async def test_only_the_owner_writes_and_others_read_views_only(database: Settings, folder: Path) -> None:
    await migrate(database, CONSUMERS, folder)
    owner = await connect(database, "doska_keeper")
    other = await connect(database, "doska_looker")
    edge = await connect(database, "doska_edge")

    await owner.execute("insert into keeper.things values ('a')")

    assert await other.fetchval("select name from keeper.things_v1") == "a"
    assert await other.fetchval("select name from looker.both_v1") == "a"
    assert await edge.fetchval("select name from keeper.secrets_v1") == "a"
    for statement in (
        "select name from keeper.things",
        "insert into keeper.things values ('b')",
        "select name from keeper.secrets_v1",
        "create table keeper.more ()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await other.execute(statement)
    for connection in (owner, other, edge):
        await connection.close()


@pytest.mark.integration
async def test_a_failed_file_leaves_nothing_and_tells_its_line(database: Settings, folder: Path) -> None:
    bad = folder / "keeper" / "migrations" / "002_more.sql"
    bad.write_text("create table more ();\ncreate table\n  more ();\n")

    with pytest.raises(Misconfigured, match=r"002_more\.sql: .*more"):
        await migrate(database, CONSUMERS, folder)
    bad.write_text("create table more ();\nselect 1;\n\nselct 2;\n")
    with pytest.raises(Misconfigured, match=r"002_more\.sql: line 4: .*selct"):
        await migrate(database, CONSUMERS, folder)

    bad.write_text("create table more ();\n")
    assert "keeper/002_more.sql" in await migrate(database, CONSUMERS, folder)


@pytest.mark.integration
async def test_an_applied_file_may_not_change(database: Settings, folder: Path) -> None:
    await migrate(database, CONSUMERS, folder)
    file = folder / "keeper" / "migrations" / "001_things.sql"
    file.write_text(file.read_text() + "-- more\n")

    with pytest.raises(Misconfigured, match="changed after it was applied"):
        await migrate(database, CONSUMERS, folder)


@pytest.mark.integration
async def test_a_file_may_not_come_before_an_applied_one(database: Settings, folder: Path) -> None:
    (folder / "keeper" / "migrations" / "003_more.sql").write_text("create table more ();")
    await migrate(database, CONSUMERS, folder)
    (folder / "keeper" / "migrations" / "002_late.sql").write_text("create table late ();")

    with pytest.raises(Misconfigured, match=r"002_late\.sql: 003_more\.sql is applied already"):
        await migrate(database, CONSUMERS, folder)


@pytest.mark.integration
async def test_an_owner_who_is_no_superuser_can_migrate(stack_environment: dict[str, str], folder: Path) -> None:
    dsn = stack_environment["DOSKA_POSTGRES_DSN"]
    name = f"plain_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(dsn)
    await admin.execute(f"create role {name} login createrole password 'x'")
    await admin.execute(f"create database {name} owner {name}")
    # Roles of the cluster that somebody else made: their administrator lets this owner use them.
    for role in ("doska_reader", "doska_edge"):
        if await admin.fetchval("select exists(select from pg_roles where rolname = $1)", role):
            await admin.execute(f"grant {role} to {name} with admin option")
    address = dsn.split("@")[1].split("/")[0]
    suffix = secrets.token_hex(3)
    own = KEEPER.model_copy(update={"name": f"own_{suffix}"})
    (folder / own.name / "migrations").mkdir(parents=True)
    (folder / own.name / "migrations" / "001_t.sql").write_text("create table t (); create view t_v1 as select from t;")
    settings = Settings(postgres_dsn=f"postgresql://{name}:x@{address}/{name}")

    applied = await migrate(settings, {own.name: own}, folder)

    assert applied == [f"{own.name}/001_t.sql"]
    connection = await connect(settings, f"doska_{own.name}")
    await connection.execute(f"insert into {own.name}.t default values")
    await connection.close()
    await admin.execute(f"drop database {name} with (force)")
    await admin.execute(f"drop owned by {name}; drop role doska_{own.name}; drop role {name}")
    await admin.close()
