"""Wires the decider of webhooks to the bus."""

from consumers.webhook_decider.decider import WebhookDecider
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.outward import OutwardSettings
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, WebhookDecider(Keyring.load(context.settings.keyring_file), OutwardSettings().rules))
