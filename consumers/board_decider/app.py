"""Wires the decider of boards to the bus."""

from consumers.board_decider.decider import BoardDecider
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, BoardDecider(Keyring.load(context.settings.keyring_file)))
