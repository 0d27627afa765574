"""How long a decider remembers."""

from typing import Final

import asyncpg

from topics.bus.catalog import DAY, catalog
from topics.bus.decide_ledger import KEPT
from topics.bus.manifest import Manifest

# Answers outlive the actions: after a restored backup the log is read again from as far back as it reaches.
INBOX_TIMES_RETENTION: Final = 2
# Topics that are kept for ever are read again only from a checkpoint, and that is never older than a backup.
INBOX_LEAST_SECONDS: Final = 30 * DAY
# Published records may hold a name or an address.
OUTBOX_SECONDS: Final = DAY


def inbox_seconds(manifest: Manifest) -> float:
    """How long answers are kept."""
    retentions = [catalog()[topic].retention for topic in manifest.reads]
    bounded = [float(retention) for retention in retentions if retention != "forever"]
    return max(INBOX_LEAST_SECONDS, INBOX_TIMES_RETENTION * max(bounded, default=0.0))


async def purge(connection: asyncpg.Connection, manifest: Manifest) -> None:
    """Forget what is old enough."""
    for statement, seconds in (
        ("delete from inbox where at < now() - make_interval(secs => $1)", inbox_seconds(manifest)),
        # An hour more than the contract says: `at` is the clock of the edge.
        ("delete from idempotency where at < now() - make_interval(secs => $1)", KEPT.total_seconds() + 3600),
        ("delete from outbox where published_at < now() - make_interval(secs => $1)", OUTBOX_SECONDS),
    ):
        await connection.execute(statement, seconds)
