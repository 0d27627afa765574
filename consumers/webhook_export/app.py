"""Wiring: facts are read into deliveries, and beside that deliveries are sent."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from consumers.webhook_export.caller import calling
from consumers.webhook_export.courier import Courier
from consumers.webhook_export.handler import told
from consumers.webhook_export.intake import Intake
from consumers.webhook_export.queue import Queue
from consumers.webhook_export.settings import DeliverySettings
from schemas.keyring import Keyring
from topics.bus.batch import Batch, batch
from topics.bus.checkpoint_table import reached
from topics.bus.context import ConsumerContext
from topics.runtime.connections import postgres_pool
from topics.runtime.outward import OutwardSettings
from topics.runtime.service import Service


@dataclass(frozen=True, slots=True)
class Export:
    """Reads and sends side by side."""

    name: str
    reading: Service
    courier: Courier

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set. Raises Halt."""
        sending = asyncio.create_task(self.courier.run(stopping), name="webhook_export: courier")
        reading = asyncio.create_task(self.reading.run(stopping), name="webhook_export: facts")
        try:
            # Either one that fails ends both, with its own words: Halt must not come out of a group of errors.
            done, _ = await asyncio.wait({sending, reading}, return_when=asyncio.FIRST_EXCEPTION)
            for each in done:
                each.result()
        finally:
            for each in (sending, reading):
                each.cancel()
            await asyncio.gather(sending, reading, return_exceptions=True)


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    settings = DeliverySettings()
    keyring = Keyring.load(context.settings.keyring_file)
    role = f"doska_{context.manifest.name}"
    reading = await postgres_pool(context.settings, role, min_size=0, max_size=2)
    context.stack.push_async_callback(reading.close)
    # What came of an attempt need not be on the disk before the next one: whatever a PostgreSQL that falls over has lost
    # of it is sent again under the same id. What was read has to be, for the log is not read again.
    sending = await postgres_pool(
        context.settings, role, min_size=0, max_size=6, server_settings={"synchronous_commit": "off"}
    )
    context.stack.push_async_callback(sending.close)
    caller = await context.stack.enter_async_context(calling(keyring, OutwardSettings().rules, settings))
    courier = Courier(Queue(sending), caller, context.publisher, settings, context.log)
    intake = Intake(reading)

    async def on_batch(messages: Batch) -> None:
        facts = [fact for each in messages if (fact := told(each.envelope, each.type, each.data)) is not None]
        now = datetime.now(UTC)
        if await intake.write(facts, reached(context.generations, messages.next), now=now, oldest=now - settings.keep):
            courier.wake()

    return Export(
        context.manifest.name, batch(context, on_batch, checkpoints=intake.checkpoints, max_records=500), courier
    )
