"""Wiring."""

from consumers.file_checker.checking import Checking
from consumers.file_checker.settings import CheckSettings
from consumers.file_checker.store import FileStore
from topics.bus.batch import Batch, batch
from topics.bus.context import ConsumerContext
from topics.runtime.object_store import ObjectStore
from topics.runtime.service import Service

# A check may take seconds: what is read at once is redone at once when it is interrupted.
BATCH = 20


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    objects = await context.stack.enter_async_context(ObjectStore(context.settings))
    checking = Checking(context.manifest.name, FileStore(objects), context.publisher, CheckSettings())

    async def on_batch(messages: Batch) -> None:
        await checking.all_of(messages.messages)

    return batch(context, on_batch, max_records=BATCH)
