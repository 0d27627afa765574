"""What the verbs do that make backups and show them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from jobs.backup import chains, journal, keeping, server
from jobs.backup.base_copy import Base, bases_of
from jobs.backup.choice import said
from jobs.backup.copying import Copying
from jobs.backup.object_copies import Copied, copy_new
from jobs.backup.settings import BackupSettings
from jobs.backup.vault import make_vault, open_vault
from topics.runtime.health import Health
from topics.runtime.lifespan import run_service
from topics.runtime.logs import configure_logs
from topics.runtime.operations import operations_server


async def create(settings: BackupSettings, root: Path) -> tuple[Base, Copied]:
    """A copy now, in one go. Raises Misconfigured, Unavailable, ProgramFailed."""
    connection = await server.connected(settings)
    try:
        who = await server.identity(connection)
        vault = make_vault(root, who.cluster)
        # With `doska run backups` at work the log goes on from this copy too.
        last = chains.newest(vault)
        goes_on = last is not None and last.timeline == who.timeline and await server.slot_lives(connection)
    finally:
        await connection.close()
    with vault.held("copying"):
        base = await Copying(settings, vault).make(last.name if last is not None and goes_on else None)
    # After PostgreSQL: what it names is there by then.
    with vault.held("objects"):
        copied = await copy_new(settings, vault, datetime.now(UTC))
    return base, copied


def listed(root: Path) -> Iterator[str]:
    """The copies in lines. Raises Misconfigured, Damaged."""
    vault = open_vault(root)
    yield f"{'copy':28} {'MB':>8}  {'secrets':7} moments that can be restored"
    for base in bases_of(vault):
        covered = chains.covered_of(vault, base.chain)
        reach = f"to {said(covered)}" if covered is not None and covered > base.ended_at else "only"
        yield f"{base.id:28} {base.size / 1e6:>8.1f}  {'sealed' if base.secrets else 'none':7} {said(base.ended_at)} {reach}"
    kept = [each for each in journal.read(vault.journal) if each.gone is None]
    yield f"{len(kept)} objects of S3, {sum(each.size for each in kept) / 1e6:.1f} MB"


def serve() -> None:
    """Keep backups until SIGTERM."""
    settings = BackupSettings()
    configure_logs(settings.log_level, keeping.NAME)
    run_service(partial(_serve, settings))


async def _serve(settings: BackupSettings, stopping: asyncio.Event) -> None:
    health = Health()
    async with operations_server(settings, health):
        await keeping.keep(settings, stopping, health)
