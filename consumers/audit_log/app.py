"""Wiring."""

from consumers.audit_log.handler import Entry, entry_of, in_time
from consumers.audit_log.store import AuditStore
from topics.bus.batch import Batch, batch
from topics.bus.checkpoint_table import reached
from topics.bus.context import ConsumerContext
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    # One connection writes, one answers for checkpoints while the other is busy.
    pool = await postgres_pool(context.settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    store = AuditStore(pool)

    async def on_batch(messages: Batch) -> None:
        parts: dict[tuple[str, int], list[Entry]] = {}
        for each in messages:
            parts.setdefault((each.topic, each.partition), []).append(entry_of(each.envelope, each.data))
        await store.write(in_time(parts.values()), reached(context.generations, messages.next))

    return batch(context, on_batch, checkpoints=store.checkpoints, max_records=1000)
