"""Wiring."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

from consumers.carrot_quest_export.destination import CarrotQuest
from consumers.carrot_quest_export.exporter import NAME, CarrotQuestExporter
from consumers.carrot_quest_export.settings import HERE, CarrotQuestSettings
from consumers.carrot_quest_export.store import EventStore
from schemas.registry import registry
from topics.bus.context import ConsumerContext
from topics.bus.manifest import load_manifest
from topics.exports.checking import checked_mapping
from topics.exports.exporter import Exporter
from topics.exports.mapping import Mapping
from topics.exports.people import People
from topics.exports.wiring import exporting, open_parts, read_settings
from topics.runtime.service import Service
from topics.runtime.settings import Settings

# At ten requests a second a batch takes seconds, and what was begun and not finished is asked for after a crash.
BATCH: Final = 100
OFF: Final = "off: DOSKA_CARROT_QUEST_TOKEN is not set"


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run; without credentials it passes everything over."""
    why, exporter = off(), await open_exporter(context.settings, context.stack)
    return exporting(context, exporter, why, max_records=BATCH)


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
    pool, http = await open_parts(settings, stack, NAME)
    store = EventStore(pool)
    return CarrotQuestExporter(
        CarrotQuest(http, ours), checked, People(pool), store, settings=ours, now=lambda: datetime.now(UTC)
    )


def _settings() -> CarrotQuestSettings:
    return read_settings(CarrotQuestSettings)
