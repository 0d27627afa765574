"""Wires the decider of workspaces to the bus."""

from consumers.workspace_decider.decider import WorkspaceDecider
from schemas.keyring import Keyring
from topics.bus.context import ConsumerContext
from topics.bus.decide import decide
from topics.runtime.service import Service


async def build(context: ConsumerContext) -> Service:
    """The consumer, ready to run."""
    return decide(context, WorkspaceDecider(Keyring.load(context.settings.keyring_file)))
