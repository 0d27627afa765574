"""Boards: check and compact their archive."""

import asyncio
from typing import Annotated

import typer

from jobs.boards import archive
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def verify(
    board: Annotated[str | None, typer.Option("--board", help="Only this board.")] = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Make damaged parts anew: from the log as far as it goes back, from other parts."
        ),
    ] = False,
    reindex: Annotated[
        bool,
        typer.Option("--reindex", help="Make the index anew from the objects in S3 first. Stop the archiver before."),
    ] = False,
) -> None:
    """Read the whole archive of boards and name every part that is not as it was written.

    Exits with 1 when there is one that was not mended.
    """
    if not asyncio.run(archive.verify(Settings(), board, repair=repair, reindex=reindex)):
        raise typer.Exit(1)


@app.command()
def compact(
    now: Annotated[bool, typer.Option("--now", help="Merge also what is young or little, and delete at once.")] = False,
) -> None:
    """Merge the archive's many small objects into few large ones, and delete those that were merged an hour ago."""
    asyncio.run(archive.compact(Settings(), now=now))


@app.command()
def measure(
    ops: Annotated[list[int] | None, typer.Argument(help="Lengths of boards, in ops.")] = None,
) -> None:
    """Measure how fast old states are read and how much room they take, on parts of its own."""
    from jobs.boards import measuring  # noqa: PLC0415 - other verbs need not load a whole stack

    print(measuring.table(asyncio.run(measuring.measure(ops or [1000, 10_000, 100_000]))))
