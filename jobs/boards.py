"""Boards: into a folder and out of one."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from edge.settings import EdgeSettings
from jobs.moving.arriving import arrive
from jobs.moving.leaving import leave
from schemas.ids import is_id

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
    boards = asyncio.run(leave(EdgeSettings(), folder, _checked(workspace), print))
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
    made = asyncio.run(arrive(EdgeSettings(), folder, owner, _checked(workspace), print))
    print(f"{len(made)} boards made")


def _checked(workspace: str | None) -> str | None:
    if workspace is not None and not is_id(workspace):
        raise typer.BadParameter("a workspace is named by its id: see the address of its page")
    return workspace
