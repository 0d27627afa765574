"""Boards: into a folder and out of one; their archive checked and compacted."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from edge.settings import EdgeSettings
from jobs.archiving import care
from jobs.moving.arriving import arrive
from jobs.moving.leaving import leave
from jobs.terminal import plain
from schemas.ids import is_id
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)
Workspace = Annotated[str | None, typer.Option("--workspace", help="The id of a workspace.")]


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder, or an empty one.")],
    every: Annotated[
        bool, typer.Option("--all", help="Every board of the deployment but what is in the trash.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Write boards into a folder: elements, pictures, titles, comments, an .excalidraw file each.

    The folder holds the addresses of those whose comments are in it: they tell who they are where it is read.
    """
    if every == (workspace is not None):
        raise typer.BadParameter("say --all, or --workspace ID")
    boards = asyncio.run(leave(EdgeSettings(), folder, _checked(workspace), _tell))
    print(f"{len(boards)} boards in {folder}")


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="What `doska boards export` wrote.")],
    owner: Annotated[str, typer.Option("--owner", help="The e-mail address of the account whose boards they become.")],
    workspace: Workspace = None,
) -> None:
    """Make boards of such a folder, in a workspace of the owner's, else in his personal one.

    A file is taken as a whole or not at all. Run again within a day after a fault it makes no board twice.
    """
    made = asyncio.run(arrive(EdgeSettings(), folder, owner, _checked(workspace), _tell))
    print(f"{len(made)} boards made")


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
    if not asyncio.run(care.verify(Settings(), board, repair=repair, reindex=reindex)):
        raise typer.Exit(1)


@app.command()
def compact(
    now: Annotated[bool, typer.Option("--now", help="Merge also what is young or little, and delete at once.")] = False,
) -> None:
    """Merge the archive's many small objects into few large ones, and delete those that were merged an hour ago.

    The archiver does it by itself every hour (DOSKA_ARCHIVE_COMPACT_SECONDS). Exits with 1 when some cannot be read.
    """
    if not asyncio.run(care.compact(Settings(), now=now)):
        raise typer.Exit(1)


@app.command()
def measure(
    ops: Annotated[list[int] | None, typer.Argument(help="Lengths of boards, in ops.")] = None,
) -> None:
    """Measure how fast old states are read and how much room they take, on parts of its own."""
    from jobs.archiving import measuring  # noqa: PLC0415 - other verbs need not load a whole stack

    print(measuring.table(asyncio.run(measuring.measure(ops or [1000, 10_000, 100_000]))))


def _tell(text: str) -> None:
    print(plain(text))


def _checked(workspace: str | None) -> str | None:
    if workspace is not None and not is_id(workspace):
        raise typer.BadParameter("a workspace is named by its id: see the address of its page")
    return workspace
