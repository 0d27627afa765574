"""Wiring."""

from datetime import UTC, datetime

from consumers.version_keeper.handler import drawn
from consumers.version_keeper.keeper import Keeper
from consumers.version_keeper.settings import KeeperSettings
from consumers.version_keeper.store import KeeperStore
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.runtime.away import postgres_or_retry
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service

# Nobody waits for what is noted here: large batches are cheap ones.
LINGER_SECONDS = 1.0


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    pool = await postgres_pool(context.settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    store = KeeperStore(pool)

    async def on_batch(messages: Batch) -> None:
        with postgres_or_retry():
            await store.note(drawn(each.data for each in messages), datetime.now(UTC))

    reading = batch(context, on_batch, max_records=5000, linger_seconds=LINGER_SECONDS)
    return Keeper(context, reading, store, KeeperSettings())
