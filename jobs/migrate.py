"""`doska migrate`: brings the database to what the consumers need."""

import asyncio

from consumers import discovery
from topics import migrations
from topics.runtime.settings import Settings


async def migrate(settings: Settings) -> list[str]:
    """Apply what is not applied yet; returns it as `consumer/name`. Safe while others do the same."""
    return await migrations.migrate(settings, discovery.manifests(), discovery.FOLDER)


def command() -> None:
    """Apply the consumers' migrations: each once, in order. Twice is harmless."""
    applied = asyncio.run(migrate(Settings()))
    for name in applied:
        print(f"applied {name}")
    print(f"{len(applied)} migrations applied" if applied else "nothing to migrate")
