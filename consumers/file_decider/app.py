"""Wires the decider of files to the bus."""

from consumers.file_decider.decider import FileDecider
from consumers.file_decider.settings import QuotaSettings
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, FileDecider(QuotaSettings()))
