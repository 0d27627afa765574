"""Files of boards: what pages may ask of the store of objects, and what nobody needs any more."""

import asyncio

import typer

from edge.settings import EdgeSettings
from topics.runtime.object_store import ObjectStore

app = typer.Typer(no_args_is_help=True)


@app.callback()
def about() -> None:
    """Look after the files of boards."""


@app.command()
def provision() -> None:
    """Let our pages put and read files where they lie (the bucket's CORS rule). Twice is harmless."""
    origins = asyncio.run(let_pages_in(EdgeSettings()))
    print(f"pages of {', '.join(origins)} may put and read files")


async def let_pages_in(settings: EdgeSettings) -> tuple[str, ...]:
    """Write the bucket's CORS rule: our own pages, or any while nobody has said at which address we are.

    An address to put or read a file is a secret of whoever was given it, and no cookie goes there: any page is no danger.
    """
    origins = settings.page_origins
    async with ObjectStore(settings) as objects:
        await objects.allow_origins(origins)
    return origins
