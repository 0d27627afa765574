"""Runs processes of the product: an edge, one consumer, all consumers side by side, or what keeps the backups."""

import asyncio
import os
from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from consumers import discovery
from topics.bus.context import open_context
from topics.runtime.health import Health
from topics.runtime.lifespan import run_service
from topics.runtime.logs import configure_logs
from topics.runtime.operations import operations_server
from topics.runtime.service import Service
from topics.runtime.settings import Settings
from topics.runtime.supervisor import supervise_all

# On a full machine about a tenth of what somebody gets whom people wait for; on an idle one no less than all of it. With a
# third (5) people waited four to six times as long on one full core (jobs/bench/README.md, what was tried); with a tenth it
# starves where a dozen sessions of others want two cores: then the archive is behind, and nothing is lost.
BACKGROUND_NICENESS: Final = 10

app = typer.Typer(no_args_is_help=True)


@app.command()
def edge(
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the port; by default DOSKA_EDGE_WORKERS, or one.")
    ] = None,
) -> None:
    """Serve browsers: HTTP and WebSocket."""
    from edge.server import serve  # noqa: PLC0415 - consumers need not load the edge
    from edge.settings import EdgeSettings  # noqa: PLC0415 - the same

    settings = EdgeSettings() if workers is None else EdgeSettings(edge_workers=workers)
    configure_logs(settings.log_level, "edge")
    serve(settings)


@app.command()
def consumer(name: str) -> None:
    """Run one consumer."""
    discovery.manifest(name)  # says at once when there is none of that name
    _consume([name], name)


@app.command()
def consumers(
    every: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
    names: Annotated[list[str] | None, typer.Argument(help="Or these.")] = None,
) -> None:
    """Run several consumers in one process, each in a group of its own; one that halts does not stop its neighbours."""
    wanted = discovery.names() if every else names or []
    if not wanted:
        raise typer.BadParameter(f"name some of {', '.join(discovery.names())}, or say --all")
    _consume(wanted, "consumers")


@app.command()
def backups() -> None:
    """Keep backups up to date: PostgreSQL's log as it is written, new objects every minute, a copy of it all every day."""
    from jobs.backup.creating import serve  # noqa: PLC0415 - consumers need not load this

    serve()


def _give_way() -> None:
    """Let other processes go first.

    Where Linux groups sessions (`kernel.sched_autogroup_enabled`), niceness counts only inside a session: the session gets
    it too, if it is ours alone.
    """
    os.nice(BACKGROUND_NICENESS)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(BACKGROUND_NICENESS))


def _consume(names: Collection[str], process: str) -> None:
    if all(discovery.manifest(name).background for name in names):
        _give_way()
    settings = Settings()
    configure_logs(settings.log_level, process)
    run_service(partial(_run, settings, tuple(names)))


async def _run(settings: Settings, names: tuple[str, ...], stopping: asyncio.Event) -> None:
    health = Health()
    async with operations_server(settings, health):
        await supervise_all({name: partial(_build, name, settings, health) for name in names}, stopping, health)


async def _build(name: str, settings: Settings, health: Health, stack: AsyncExitStack) -> Service:
    context = await open_context(discovery.manifest(name), settings, health, stack)
    return await discovery.builder(name)(context)
