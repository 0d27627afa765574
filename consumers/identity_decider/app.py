"""Wires the decider of people to the bus."""

from consumers.identity_decider.decider import IdentityDecider
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, IdentityDecider(Keyring.load(context.settings.keyring_file)))
