"""`doska replay`: has a consumer read the log again: a projection is rebuilt beside the live one, another goes back."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Final

import asyncpg
import typer

from consumers import discovery
from jobs.dlq import moment
from jobs.rebuilding import rebuild, rebuildable
from topics.bus.group_places import Since, stand
from topics.errors import Misconfigured, Unavailable
from topics.runtime.away import POSTGRES_AWAY
from topics.runtime.settings import Settings

BEGINNING: Final = "beginning"
PLACE: Final = re.compile(r"([a-z0-9_.]+)/([0-9]+)@([0-9]+)")


def command(
    consumer: Annotated[str, typer.Argument(help="Whose tables, or whose place.")],
    since: Annotated[
        str, typer.Option("--from", help="beginning, a time (2h ago, 2026-05-04T10:00:00Z), or boards.facts/0@120.")
    ] = BEGINNING,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Have a consumer read the log again.

    A projection (a consumer whose store keeps its own place, such as board_store) is built anew from the beginning,
    beside the live one, which goes on meanwhile, and replaced in one transaction. Any other is set back while it is
    stopped, and meets again what it met: what it has done already must not matter to it.
    """
    settings = Settings()
    manifest = discovery.manifest(consumer)
    start = since_of(since, datetime.now(UTC))
    if asyncio.run(keeps_its_place(settings, consumer)):
        if start != Since():
            raise Misconfigured(
                f"{consumer} is a fold over its topics from the first record on: it cannot begin in the middle. Say "
                "--from beginning"
            )
        for table, rows in asyncio.run(rebuild(settings, consumer, print)).items():
            print(f"{consumer}.{table}: {rows} rows")
        return
    if manifest.engine == "decide":
        raise Misconfigured(f"{consumer} decides: it remembers what it has decided, and its facts are told already")
    if not yes and not typer.confirm(f"{consumer} will meet again what it met since {since}, effects included. Go on?"):
        raise typer.Exit(1)
    for (topic, partition), offset in asyncio.run(stand(settings, manifest, start)).items():
        print(f"{consumer} goes on from {topic}/{partition}@{offset}")


async def keeps_its_place(settings: Settings, consumer: str) -> bool:
    """Whether its own tables say how far they go. Raises Misconfigured when they do and it cannot be rebuilt."""
    manifest = discovery.manifest(consumer)
    if manifest.engine != "batch" or "postgres" not in manifest.stores:
        return False
    try:
        connection = await asyncpg.connect(settings.postgres_dsn, timeout=10)
    except POSTGRES_AWAY as error:
        raise Unavailable(f"PostgreSQL is not there: {error!r}") from error
    try:
        if await connection.fetchval("select to_regclass($1)", f"{consumer}.checkpoints") is None:
            return False
        await rebuildable(connection, manifest)
        return True
    finally:
        await connection.close()


def since_of(text: str, now: datetime) -> Since:
    """What an operator's word means. Raises Misconfigured."""
    if text == BEGINNING:
        return Since()
    if place := PLACE.fullmatch(text):
        return Since(place=(place[1], int(place[2]), int(place[3])))
    return Since(time=moment(text, now))
