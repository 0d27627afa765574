"""Wiring."""

from consumers.board_store.handler import Place
from consumers.board_store.store import BoardStore
from topics.bus.batch import Batch, batch
from topics.bus.checkpoint_table import reached
from topics.bus.context import ConsumerContext
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service

# Half of what a reader of fresh elements waits for, and enough for batches to grow: a transaction costs 10 to 30 ms.
LINGER_SECONDS = 0.05


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    # One connection writes, one answers for checkpoints while the other is busy.
    pool = await postgres_pool(context.settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    store = BoardStore(pool)

    async def on_batch(messages: Batch) -> None:
        placed = [
            (Place(each.generation, each.partition, each.offset + 1), each.envelope.subject, each.data)
            for each in messages
        ]
        await store.write(placed, reached(context.generations, messages.next))

    return batch(context, on_batch, checkpoints=store.checkpoints, max_records=2000, linger_seconds=LINGER_SECONDS)
