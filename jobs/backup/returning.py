"""What `doska restore` does and prints."""

import asyncio
import time
from datetime import datetime
from pathlib import Path

import typer

from jobs.backup import choice, lost_log, server
from jobs.backup.object_copies import Returned, bring_back
from jobs.backup.restoring import restore
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import open_vault
from topics.runtime.settings import Settings


def everything(settings: BackupSettings, root: Path, to: datetime | None, *, log_lost: bool) -> None:
    """Restore the embedded parts and say what was done. Raises Misconfigured; Exit when objects are damaged."""
    began = time.monotonic()
    done = asyncio.run(restore(settings, open_vault(root), to, print, log_lost=log_lost))
    for table, rows in done.rows.items():
        print(f"{table:48} {rows:>10} rows")
    print(f"restored in {time.monotonic() - began:.1f} s from {done.base.id}")
    if done.moment is not None:
        print(f"PostgreSQL is as it was at {choice.said(done.moment)}" + ("" if to else " or later"))
    for each in done.aside:
        print(f"{each}: what was there before; delete it when all is well")
    if done.log_lost:
        print("Kafka's topics begin anew with the next `doska up`: what came after that moment is gone.")
    else:
        print("The next `doska up` catches up with Kafka.")
        moment = choice.said(done.base.ended_at if done.moment is None else done.moment)
        print(
            f"A consumer whose notes were lost: stop Doska's consumers, `doska replay version_keeper --from {moment}`."
        )
    if not _told(done.objects):
        raise typer.Exit(1)


async def objects_only(settings: Settings, root: Path, to: datetime | None) -> bool:
    """Put missing objects back; whether all of them could be."""
    return _told(await bring_back(settings, open_vault(root), to))


async def log_only(settings: Settings) -> None:
    """Have PostgreSQL forget its places in a log that was lost. Nothing of ours may run."""
    connection = await server.connected(settings)
    try:
        done = await lost_log.forget(connection)
    finally:
        await connection.close()
    for name, places in done.places.items():
        print(f"{name:24} {places:>4} places forgotten, {done.again.get(name, 0):>6} records go out again")
    print("Make the topics with `doska topics apply` before anything starts.")


def _told(objects: Returned) -> bool:
    for fault in objects.damaged:
        print(fault)
    print(f"{objects.objects} objects wanted, {objects.put} put back ({objects.put_bytes / 1e6:.1f} MB)")
    return not objects.damaged
