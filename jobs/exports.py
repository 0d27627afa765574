"""Exports: what would be sent, what is set, and bringing the past to a destination."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Annotated, Any

import orjson
import typer

from consumers import discovery
from topics.bus.message import Message
from topics.bus.ranges import Log, open_log
from topics.errors import Misconfigured
from topics.exports.backfill import Backfill, Standing
from topics.exports.exporter import Exporter
from topics.migrations import role_of
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

BAR = 40
READ_AT_ONCE = 500

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="An exporter, such as mixpanel_export.")]


@app.command("list")
def list_() -> None:
    """List the exporters, and whether each is on."""
    for name in names():
        print(f"{name:24} {_app(name).off() or 'on'}")


@app.command()
def preview(
    name: Name, last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many facts.")] = 20
) -> None:
    """Show what would be sent for the last facts, one JSON line each. Nothing is sent."""
    _known(name)
    asyncio.run(_preview(name, last))


@app.command()
def backfill(
    name: Name,
    since: Annotated[datetime, typer.Option("--from", help="Facts written from then on (UTC), such as 2026-01-31.")],
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Most facts a second.")] = 1000.0,
) -> None:
    """Bring the past to a destination. The same again goes on from where it stopped; nothing is there twice."""
    _known(name)
    if (why := _app(name).off()) is not None:
        raise Misconfigured(f"{name} is {why}")
    since = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
    done = asyncio.run(_backfill(name, since, rate))
    print(f"{done.done} facts: {done.sent} brought or dropped by the mapping, {done.refused} refused", flush=True)
    if done.refused:
        print(f"which, and why: the table `refused` in the schema {name}")


def names() -> list[str]:
    """The exporters there are: consumers with a mapping."""
    return sorted(file.parent.name for file in discovery.FOLDER.glob("*/mapping.yaml"))


async def _preview(name: str, last: int) -> None:
    settings, reads = Settings(), discovery.manifest(name).reads
    async with _exporter(name, settings) as exporter, open_log(settings, f"{name}-preview") as log:
        messages = [each for piece in await log.last(reads, last) async for each in _of(log, piece)]
        for each in sorted(messages, key=lambda message: message.envelope.time)[-last:]:
            requests = await exporter.preview(each)
            shown = {"type": each.type.name, "id": each.envelope.id, "time": each.envelope.time, "requests": requests}
            print(orjson.dumps(shown).decode())


async def _of(log: Log, piece: Any) -> AsyncIterator[Message]:
    async for messages, _ in log.read(piece, READ_AT_ONCE):
        for each in messages:
            yield each


async def _backfill(name: str, since: datetime, rate: float) -> Standing:
    settings, manifest = Settings(), discovery.manifest(name)
    async with AsyncExitStack() as stack:
        exporter = await stack.enter_async_context(_exporter(name, settings))
        log = await stack.enter_async_context(open_log(settings, f"{name}-backfill"))
        pool = await postgres_pool(
            settings, role_of(name), min_size=0, max_size=2, server_settings={"search_path": name}
        )
        stack.push_async_callback(pool.close)
        work = Backfill(exporter, manifest, log=log, pool=pool, since=since, per_second=rate)
        return await work.run(_bar if sys.stderr.isatty() else _line)


@asynccontextmanager
async def _exporter(name: str, settings: Settings) -> AsyncIterator[Exporter]:
    async with AsyncExitStack() as stack:
        exporter: Exporter = await _app(name).open_exporter(settings, stack)
        yield exporter


def _known(name: str) -> None:
    if name not in names():
        raise Misconfigured(f"there is no exporter {name}; there are {', '.join(names())}")


def _app(name: str) -> Any:
    return import_module(f"consumers.{name}.app")


def _bar(at: Standing) -> None:
    share = at.done / at.total if at.total else 1.0
    bar = "█" * round(share * BAR)
    print(
        f"\r{bar:░<{BAR}} {share:6.1%} {at.done}/{at.total}, {at.refused} refused", end="", file=sys.stderr, flush=True
    )
    if at.done == at.total:
        print(file=sys.stderr)


def _line(at: Standing) -> None:
    print(f"{at.done}/{at.total}, {at.refused} refused", file=sys.stderr, flush=True)
