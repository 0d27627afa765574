"""One action on files: what it locks, what it reads, who decides, what is written."""

import asyncpg

from consumers.file_decider import handler, store
from consumers.file_decider.settings import QuotaSettings
from consumers.file_decider.state import State
from topics.bus.message import Message
from topics.decisions import Decision, sent_at


class FileDecider:
    """The decider of files."""

    handles = frozenset(handler.RULES)

    def __init__(self, settings: QuotaSettings) -> None:
        self._settings = settings

    def locks(self, _action: Message) -> list[str]:
        """Nothing beside the board, which is the key; a workspace's quota is locked where its name is known."""
        return []

    async def load(self, connection: asyncpg.Connection, action: Message) -> State:
        """What the decision depends on. Raises Retry."""
        return await store.load(connection, action.type.name, action.data, action.envelope, self._settings)

    def decide(self, action: Message, state: State) -> Decision:
        """See `handler`."""
        return handler.decide(action.type.name, action.data, action.envelope, state)

    async def apply(self, connection: asyncpg.Connection, action: Message, state: State, decision: Decision) -> None:
        """Write what the facts say."""
        for fact in decision.facts:
            await store.apply(connection, fact, state, action.envelope.actor, sent_at(action.envelope))
