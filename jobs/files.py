"""Files of boards: what pages may ask of the store of objects, and what nobody needs any more."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import asyncpg
import typer

from edge.queries import spent_files
from edge.queries.reading import Row
from edge.settings import EdgeSettings
from schemas.envelope import Envelope
from schemas.ids import is_id, new_id
from schemas.registry import registry
from topics import files
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True)
# After that nobody's upload is still under way, whatever its address and its checker took.
UNFINISHED_AFTER: Final = timedelta(days=1)
PAGE: Final = 500
DELETE: Final = "files.delete_file"
NEEDED: Final = {files.UPLOADS: spent_files.UPLOAD_NEEDED, files.FILES: spent_files.CONTENT_NEEDED}

Days = Annotated[int, typer.Option("--days", min=1, help="For how long no element has named a file.")]
Really = Annotated[bool, typer.Option("--delete", help="Do it; without this it is only shown.")]


@app.callback()
def about() -> None:
    """Look after the files of boards."""


@app.command()
def provision() -> None:
    """Let our pages put and read files where they lie (the bucket's CORS rule). Twice is harmless."""
    origins = asyncio.run(let_pages_in(EdgeSettings()))
    print(f"pages of {', '.join(origins)} may put and read files")


@app.command()
def clean(days: Days = 30, delete: Really = False) -> None:
    """Find uploads never finished, files that no element has named for --days, and objects of no file.

    Nothing is deleted without --delete. Files that a kept version may show stay. In the time machine the states of before
    may lack pictures that were cleaned.
    """
    spent, strays = asyncio.run(cleaned(Settings(), datetime.now(UTC), timedelta(days=days), delete=delete))
    for each in spent:
        print(f"{each['why']:10} {each['file_id']} of board {each['board_id']}, {each['size']} bytes")
    for key in strays:
        print(f"{'stray':10} {key}")
    if not spent and not strays:
        print("nothing to clean")
    elif not delete:
        print("this was only a look: --delete does it")


async def let_pages_in(settings: EdgeSettings) -> tuple[str, ...]:
    """Write the bucket's CORS rule: our own pages, or any while nobody has said at which address we are.

    An address to put or read a file is a secret of whoever was given it, and no cookie goes there: any page is no danger.
    """
    origins = settings.page_origins
    async with ObjectStore(settings) as objects:
        await objects.allow_origins(origins)
    return origins


async def cleaned(
    settings: Settings, now: datetime, unnamed_for: timedelta, *, delete: bool
) -> tuple[list[Row], list[str]]:
    """What nobody needs: files, and keys of objects that belong to none.

    With `delete` the decider is asked to let the files go, which has the checker delete their bytes; strays are deleted
    here.
    """
    pool = await postgres_pool(settings, "doska_reader", min_size=0, max_size=1)
    try:
        spent = await spent_files.unfinished(pool, now - UNFINISHED_AFTER)
        spent += await spent_files.orphans(pool, now - unnamed_for)
        async with ObjectStore(settings) as objects:
            strays = await _strays(objects, pool, now - UNFINISHED_AFTER)
            if delete:
                await objects.delete(strays)
    finally:
        await pool.close()
    if delete and spent:
        async with Publisher(settings, "jobs") as publisher:
            for each in spent:
                data = {name: each[name] for name in ("board_id", "file_id", "why")}
                await publisher.publish(_asked(data, now), data)
    return spent, strays


async def _strays(objects: ObjectStore, pool: asyncpg.Pool, before: datetime) -> list[str]:
    """Objects older than `before` that no file needs: a checker died in the one moment, or a file came too late."""
    strays: list[str] = []
    for prefix, statuses in NEEDED.items():
        page: list[tuple[str, str]] = []
        async for each in objects.list(prefix):
            file_id = each.key.removeprefix(prefix).partition("/")[0]
            if each.modified_at < before and is_id(file_id):
                page.append((file_id, each.key))
            if len(page) == PAGE:
                strays += await _of_no_file(pool, page, statuses)
                page = []
        strays += await _of_no_file(pool, page, statuses)
    return strays


async def _of_no_file(pool: asyncpg.Pool, page: list[tuple[str, str]], statuses: Sequence[str]) -> list[str]:
    needed = await spent_files.needed(pool, [file_id for file_id, _ in page], statuses)
    return [key for file_id, key in page if file_id not in needed]


def _asked(data: Row, now: datetime) -> Envelope:
    mt, action_id = registry().get(DELETE), new_id()
    return Envelope(
        id=action_id,
        type=mt.name,
        source="jobs",
        time=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=data["board_id"],
        dataschema=mt.dataschema,
        correlationid=action_id,
    )
