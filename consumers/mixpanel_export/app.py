"""Wiring."""

from contextlib import AsyncExitStack
from typing import Final

from consumers.mixpanel_export.destination import Mixpanel
from consumers.mixpanel_export.exporter import NAME, MixpanelExporter
from consumers.mixpanel_export.settings import HERE, MixpanelSettings
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

OFF: Final = "off: DOSKA_MIXPANEL_TOKEN is not set"


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run; without credentials it passes everything over."""
    why, exporter = off(), await open_exporter(context.settings, context.stack)
    return exporting(context, exporter, why, max_records=_settings().events)


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
    return MixpanelExporter(Mixpanel(http, ours), checked, People(pool), ours)


def _settings() -> MixpanelSettings:
    return read_settings(MixpanelSettings)
