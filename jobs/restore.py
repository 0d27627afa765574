"""Brings back what was lost, from backups."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from compose.embedded import addresses
from jobs.backup.settings import BackupSettings
from jobs.dlq import moment
from topics.errors import Misconfigured


def command(
    to: Annotated[
        str | None, typer.Option("--to", help="A time (2h, 2026-05-04T10:00:00Z); the newest moment without it.")
    ] = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="Where backups lie; DOSKA_BACKUP_DIR.")] = None,
    log_lost: Annotated[
        bool, typer.Option("--log-lost", help="Kafka's data are gone or given up: its topics begin anew.")
    ] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", help="objects: put missing objects into S3. log: after a restore beside a new Kafka."),
    ] = None,
) -> None:
    """Restore PostgreSQL, objects, and secrets that are missing, as they were at a moment. `doska up` must not run.

    With Kafka alive everything after that moment is caught up with from the log: nothing acknowledged is missing. With
    --log-lost it is that moment and nothing later. What was there is moved aside. A PostgreSQL of one's own is restored
    with its own tools (jobs/backup/README.md); --only does what is left to do then.
    """
    from jobs.backup import returning  # noqa: PLC0415 - other verbs need not load all of this

    if only not in (None, "objects", "log"):
        raise typer.BadParameter("--only takes objects or log")
    if only is None and os.environ.get("DOSKA_POSTGRES_DSN"):
        raise Misconfigured(
            "DOSKA_POSTGRES_DSN is set: that PostgreSQL is restored with its own tools, see jobs/backup/README.md; then "
            "`doska restore --only objects`, and `--only log` when Kafka was lost"
        )
    settings = BackupSettings()
    wanted = moment(to, datetime.now(UTC))
    if only is None:
        returning.everything(settings, settings.place(directory), wanted, log_lost=log_lost)
        return
    # The parts that `doska up` runs, where nobody said others.
    os.environ.update(addresses.missing_settings(settings.data_dir, os.environ))
    settings = BackupSettings()
    if only == "log":
        asyncio.run(returning.log_only(settings))
    elif not asyncio.run(returning.objects_only(settings, settings.place(directory), wanted)):
        raise typer.Exit(1)
