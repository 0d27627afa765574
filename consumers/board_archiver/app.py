"""Wiring."""

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.handler import Place
from consumers.board_archiver.settings import ArchiverSettings
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tidying import Tidying
from topics.archive.reader import ArchiveReader
from topics.bus.batch import Batch, batch
from topics.bus.checkpoint_table import reached
from topics.bus.context import ConsumerContext
from topics.bus.ends import Ends
from topics.errors import Retry, Unavailable
from topics.runtime.beside import Beside
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.patience import Patience
from topics.runtime.service import Service

TOPIC = "boards.ops"
# Shorter than a rebalance waits for a batch in work.
ONE_ATTEMPT = Patience(attempts=1)


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    knobs = ArchiverSettings()
    # One connection writes, one answers for checkpoints while the other is busy.
    pool = await postgres_pool(context.settings, f"doska_{context.manifest.name}", min_size=0, max_size=2)
    context.stack.push_async_callback(pool.close)
    # What fails is tried again by the engine, which can stop in between and tells what it waits for.
    store = await context.stack.enter_async_context(ObjectStore(context.settings, patience=ONE_ATTEMPT))
    ends = Ends(context.settings, context.manifest.name)
    context.stack.push_async_callback(ends.close)
    rows = ArchiveIndex(pool)

    async def beginning(topic: str, partition: int) -> int:
        try:
            first, _ = await ends.of(topic, partition)
        except Unavailable as error:
            raise Retry(str(error)) from error
        return first

    archiving = Archiving(
        rows, ArchiveReader(pool, store), store, beginning, topic=TOPIC, snapshot_ops=knobs.archive_snapshot_ops
    )

    async def on_batch(messages: Batch) -> None:
        placed = [
            (Place(each.generation, each.partition, each.offset), each.envelope.subject, each.data) for each in messages
        ]
        await archiving.write(placed, reached(context.generations, messages.next))

    archiver = batch(
        context, on_batch, checkpoints=rows.checkpoints, max_records=5000, linger_seconds=knobs.archive_linger_seconds
    )
    if not knobs.archive_compact_seconds:
        return archiver
    return Beside(archiver, Tidying(context.settings, archiver.name, every_seconds=knobs.archive_compact_seconds))
