"""Builds a consumer's tables anew from the log, beside the live ones, and switches in one transaction."""

import asyncio
import dataclasses
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from consumers import discovery
from jobs.backup.lost_log import was_lost
from topics import migrations
from topics.bus.context import open_context
from topics.bus.ends import Ends
from topics.bus.generations import Generation, read_generations
from topics.bus.manifest import Manifest
from topics.errors import Misconfigured, Unavailable
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.health import Health
from topics.runtime.settings import Settings

Places = Mapping[tuple[str, int], tuple[str, int]]
Tell = Callable[[str], None]
LOOK_SECONDS: Final = 0.2
TELL_SECONDS: Final = 5.0
# The live consumer waits for the switch, so what is left by then must be little.
SWITCH_SECONDS: Final = 60.0
TABLES: Final = """
select c.relname as name, array(
           select a.attname::text from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum
       ) as columns,
       array(select f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
              where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid) as needs,
       exists(select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgtype & 8 > 0) as guarded,
       exists(select from pg_attribute a where a.attrelid = c.oid and (a.attidentity <> '' or
              pg_get_serial_sequence(quote_ident($1) || '.' || quote_ident(c.relname), a.attname) is not null)
              and a.attnum > 0 and not a.attisdropped) as numbered
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relkind in ('r', 'p') order by 1
"""


async def rebuild(settings: Settings, name: str, tell: Tell) -> Mapping[str, int]:
    """Rebuild a projection and switch to it; gives the rows of each table. The live consumer may run, and goes on.

    The consumer itself does the work, in a database and a group of its own, until it stands where the live one does.
    Then the live one is held at its checkpoint, the rest is read, and its rows are replaced together with the
    checkpoint in one transaction: readers see the old tables or the new ones, and no record is missing or done twice.

    Raises Misconfigured for a consumer that cannot be rebuilt, with the reason; Unavailable when a part is not there.
    """
    manifest = discovery.manifest(name)
    try:
        live = await asyncpg.connect(settings.postgres_dsn, timeout=10)
        try:
            tables = await rebuildable(live, manifest)
            await _whole(settings, manifest)
            async with _beside(settings, live, name) as beside, _at_work(beside, live, manifest, tables) as begun:
                await begun.reached(await _ends(settings, manifest), tell)
                return await begun.switched()
        finally:
            await live.close()
    except POSTGRES_AWAY as error:
        raise Unavailable(f"PostgreSQL is not there: {error!r}") from error


async def rebuildable(live: asyncpg.Connection, manifest: Manifest) -> Sequence[asyncpg.Record]:
    """The tables of a projection, each after those that it refers to. Raises Misconfigured when it is none, saying why."""

    def no(why: str) -> Misconfigured:
        return Misconfigured(f"{manifest.name} cannot be rebuilt from the log: {why}")

    if manifest.engine != "batch" or manifest.stores != ("postgres",) or manifest.writes:
        raise no("only a batch consumer whose whole effect is its own tables in PostgreSQL can")
    if await was_lost(live):
        raise no("its topics began anew after a restore without Kafka's data, in the middle of its life")
    if manifest.views:
        raise no(f"it reads tables of {', '.join(manifest.views)}, which are not what they were then")
    tables = await live.fetch(TABLES, manifest.name)
    if "checkpoints" not in {each["name"] for each in tables}:
        raise no("its tables do not say how far they go (no table checkpoints); see --from for reading again")
    for each in tables:
        if each["guarded"]:
            raise no(f"its table {each['name']} is append-only")
        if each["numbered"]:
            raise no(f"its table {each['name']} numbers its rows by itself, and they would get other numbers")
    by_name = {each["name"]: each for each in tables}
    ordered = TopologicalSorter({each["name"]: [need for need in each["needs"] if need in by_name] for each in tables})
    return [by_name[found] for found in ordered.static_order()]


async def _whole(settings: Settings, manifest: Manifest) -> None:
    """Raises Misconfigured when retention has removed what it would have to be built from."""
    generations, ends = await read_generations(settings), Ends(settings, "rebuild")
    try:
        for topic in manifest.reads:
            for number in range(_known(generations, topic).partitions):
                first, _ = await ends.of(topic, number)
                if first > 0:
                    raise Misconfigured(
                        f"{manifest.name} cannot be rebuilt from the log: {topic}/{number} begins at offset {first}, and "
                        "what was before it is gone"
                    )
    finally:
        await ends.close()


@asynccontextmanager
async def _beside(settings: Settings, live: asyncpg.Connection, name: str) -> AsyncIterator[Settings]:
    """A database of its own with empty tables, for as long as the context is open; an abandoned one is removed first."""
    database = f"doska_rebuild_{name}"
    try:
        await live.execute(f'drop database if exists "{database}" with (force)')
        await live.execute(f'create database "{database}"')
    except asyncpg.InsufficientPrivilegeError as error:
        raise Misconfigured(f"a rebuild needs a database of its own ({error}): let the user have CREATEDB") from error
    dsn = urlunsplit(urlsplit(settings.postgres_dsn)._replace(path=f"/{database}"))
    shadow = settings.model_copy(update={"postgres_dsn": dsn, "replica": "rebuild"})
    try:
        await migrations.migrate(shadow, discovery.manifests(), discovery.FOLDER)
        yield shadow
    finally:
        await live.execute(f'drop database if exists "{database}" with (force)')


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild under way: the live tables, those beside them, and the consumer at work on these."""

    manifest: Manifest
    tables: Sequence[asyncpg.Record]
    live: asyncpg.Connection
    shadow: asyncpg.Connection
    work: asyncio.Task[None]
    stopping: asyncio.Event

    async def switched(self) -> Mapping[str, int]:
        """Hold the live one at its checkpoint, get there, and replace its rows. Readers are not held."""
        schema = self.manifest.name
        async with self.live.transaction():
            await self.live.execute(f'lock table "{schema}".checkpoints in exclusive mode')
            held = await _places(self.live, schema)
            async with asyncio.timeout(SWITCH_SECONDS):
                await self.reached(held, lambda _: None)
                self.stopping.set()
                await self.work
            for each in reversed(self.tables):
                await self.live.execute(f'delete from "{schema}"."{each["name"]}"')  # noqa: S608 - our own tables
            return {each["name"]: await _copied(self.shadow, self.live, schema, each) for each in self.tables}

    async def reached(self, wanted: Places, tell: Tell) -> None:
        """Wait until the tables beside contain all of it. Raises what ends the work before."""
        loop = asyncio.get_running_loop()
        told = loop.time()
        while True:
            there = await _places(self.shadow, self.manifest.name)
            left = sum(max(0, end - there.get(each, ("", 0))[1]) for each, (_, end) in wanted.items())
            if not left:
                return
            if self.work.done():
                self.work.result()
                raise Unavailable(f"{self.manifest.name} stopped before it had read everything")
            if loop.time() - told > TELL_SECONDS:
                told = loop.time()
                tell(f"{left} records to go")
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def _at_work(
    settings: Settings, live: asyncpg.Connection, manifest: Manifest, tables: Sequence[asyncpg.Record]
) -> AsyncIterator[Rebuild]:
    """The consumer itself, with `settings` of the database beside, in a group of its own."""
    stopping = asyncio.Event()
    shadow = await asyncpg.connect(settings.postgres_dsn, timeout=10)
    try:
        async with AsyncExitStack() as stack:
            context = await open_context(manifest, settings, Health(), stack)
            group = f"{manifest.name}.rebuild"
            service = await discovery.builder(manifest.name)(dataclasses.replace(context, group=group))
            work = asyncio.create_task(service.run(stopping), name=f"{manifest.name}: rebuild")
            try:
                yield Rebuild(manifest, tables, live, shadow, work, stopping)
            finally:
                stopping.set()
                await asyncio.gather(work, return_exceptions=True)
    finally:
        await shadow.close()


async def _copied(shadow: asyncpg.Connection, live: asyncpg.Connection, schema: str, table: asyncpg.Record) -> int:
    name, columns = table["name"], table["columns"]
    with tempfile.TemporaryFile() as rows:
        await shadow.copy_from_table(name, schema_name=schema, columns=columns, output=rows, format="binary")
        rows.seek(0)
        said = await live.copy_to_table(name, schema_name=schema, columns=columns, source=rows, format="binary")
    return int(said.rpartition(" ")[2])


async def _places(connection: asyncpg.Connection, schema: str) -> Places:
    query = f'select topic, partition, generation, next from "{schema}".checkpoints'  # noqa: S608 - our own name
    return {(row["topic"], row["partition"]): (row["generation"], row["next"]) for row in await connection.fetch(query)}


async def _ends(settings: Settings, manifest: Manifest) -> Places:
    generations, ends = await read_generations(settings), Ends(settings, "rebuild")
    try:
        return {
            (topic, number): (_known(generations, topic).generation, (await ends.of(topic, number))[1])
            for topic in manifest.reads
            for number in range(_known(generations, topic).partitions)
        }
    finally:
        await ends.close()


def _known(generations: Mapping[str, Generation], topic: str) -> Generation:
    if topic not in generations:
        raise Unavailable(f"{topic} has no generation: run `doska topics apply`")
    return generations[topic]
