"""The audit: check the chains, note their heads, write one out."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from consumers.audit_log import reading
from consumers.audit_log.against_log import compare
from consumers.audit_log.handler import Head
from consumers.audit_log.verification import Fault, walk
from consumers.discovery import manifest
from topics.errors import Misconfigured
from topics.migrations import role_of
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

CONSUMER = "audit_log"

app = typer.Typer(no_args_is_help=True)
Workspace = Annotated[str | None, typer.Option("--workspace", help="Only this workspace's chain, or `instance`.")]


@app.command()
def verify(
    workspace: Workspace = None,
    heads: Annotated[
        Path | None,
        typer.Option("--heads", help="Heads noted earlier by `doska audit head`: they must still be there."),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Compare with the facts in the log, too.")] = False,
) -> None:
    """Walk the chains and name the first entry of each that was changed, removed or put elsewhere.

    Exits with 1 when there is one.
    """
    kept = {} if heads is None else noted(heads)
    found = asyncio.run(_verify(Settings(), workspace, kept))
    faults = [each for each in found.values() if isinstance(each, Fault)]
    for chain, each in found.items():
        if isinstance(each, Fault):
            print(f"{chain}: entry {each.seq}: {each.kind}: {each.detail}")
        else:
            print(f"{chain}: {each.length} entries, good, ends with {each.hash.hex()}")
    wrong = asyncio.run(_compare(Settings(), workspace)) if log else ()
    for line in wrong:
        print(line)
    if not found:
        print("there are no chains yet")
    if faults or wrong:
        raise typer.Exit(1)


@app.command()
def head(workspace: Workspace = None) -> None:
    """Print where each chain ends: its name, its length, its last hash. Keep it where nobody can change both."""
    for chain, each in asyncio.run(_heads(Settings())).items():
        if workspace in (None, chain):
            print(f"{chain} {each.length} {each.hash.hex()}")


def noted(file: Path) -> dict[str, Head]:
    """Heads as `doska audit head` printed them. Raises Misconfigured with the line that is none."""
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            chain, length, digest = line.split()
            found[chain] = Head(int(length), bytes.fromhex(digest))
        except ValueError as error:
            raise Misconfigured(f"{file}: line {number}: a head is a chain, its length and its hash") from error
    return found


async def _verify(settings: Settings, workspace: str | None, kept: Mapping[str, Head]) -> dict[str, Head | Fault]:
    async with _snapshot(settings) as connection:
        ends = await reading.heads(connection)
        asked = sorted({*await reading.chains(connection), *kept}) if workspace is None else [workspace]
        return {
            chain: await walk(chain, partial(reading.rows_from, connection, chain), ends.get(chain), kept.get(chain))
            for chain in asked
        }


async def _heads(settings: Settings) -> dict[str, Head]:
    async with _snapshot(settings) as connection:
        return await reading.heads(connection)


async def _compare(settings: Settings, workspace: str | None) -> Sequence[str]:
    async with _snapshot(settings) as connection:
        ends = await reading.heads(connection)
        asked = {chain: end for chain, end in ends.items() if workspace in (None, chain)}
        return await compare(settings, manifest(CONSUMER).reads, connection, asked)


@asynccontextmanager
async def _snapshot(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """One moment of the tables, for as long as it takes."""
    pool = await postgres_pool(
        settings,
        role_of(CONSUMER),
        min_size=1,
        max_size=1,
        command_timeout=None,
        server_settings={"transaction_timeout": "0"},  # it reads the whole audit as of one moment
    )
    try:
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection
    finally:
        await pool.close()
