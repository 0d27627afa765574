"""Wiring."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

import aiohttp
from pydantic import ValidationError

from consumers.carrot_quest_export.destination import CarrotQuest
from consumers.carrot_quest_export.exporter import NAME, CarrotQuestExporter
from consumers.carrot_quest_export.settings import HERE, CarrotQuestSettings
from consumers.carrot_quest_export.store import EventStore
from schemas.registry import registry
from topics.bus.batch import Batch, batch
from topics.bus.catalog import plain
from topics.bus.context import ConsumerContext
from topics.bus.manifest import load_manifest
from topics.errors import Misconfigured
from topics.exports.checking import checked_mapping
from topics.exports.exporter import Exporter
from topics.exports.mapping import Mapping
from topics.exports.people import People
from topics.runtime.connections import postgres_pool
from topics.runtime.service import Service
from topics.runtime.settings import Settings

# At ten requests a second a batch takes seconds, and what was begun and not finished is asked for after a crash.
BATCH: Final = 100
OFF: Final = "off: DOSKA_CARROT_QUEST_TOKEN is not set"


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run; without credentials it passes everything over."""
    why, exporter = off(), await open_exporter(context.settings, context.stack)
    if why is not None:
        context.log.info("facts are passed over", reason=why)

    async def on_batch(messages: Batch) -> None:
        if why is None:
            await exporter.send(messages)

    return batch(context, on_batch, max_records=BATCH)


def off() -> str | None:
    """Why nothing is sent; None when it is."""
    return None if _settings().on else OFF


def rules() -> Mapping:
    """The mapping in force. Raises Misconfigured with every problem that it has."""
    return checked_mapping(_settings().mapping, registry(), load_manifest(HERE).reads)


async def open_exporter(settings: Settings, stack: AsyncExitStack) -> Exporter:
    """The exporter, also where it is off (to show what it would send). Raises Misconfigured for settings and mapping."""
    ours = _settings()
    checked = rules()
    pool = await postgres_pool(settings, f"doska_{NAME}", min_size=0, max_size=3, server_settings={"search_path": NAME})
    stack.push_async_callback(pool.close)
    http = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
    store = EventStore(pool)
    return CarrotQuestExporter(
        CarrotQuest(http, ours), checked, People(pool), store, settings=ours, now=lambda: datetime.now(UTC)
    )


def _settings() -> CarrotQuestSettings:
    try:
        return CarrotQuestSettings()
    except ValidationError as error:
        raise Misconfigured(f"DOSKA_CARROT_QUEST_…: {plain(error)}") from error
