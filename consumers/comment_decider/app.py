"""Wires the decider of comments to the bus."""

from consumers.comment_decider.decider import CommentDecider
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, CommentDecider(Keyring.load(context.settings.keyring_file)))
