"""One action on a board's comments: what it locks, what it reads, who decides, what is written."""

import asyncpg

from consumers.comment_decider import handler, store
from consumers.comment_decider.state import State
from topics.bus.decide_locks import Lock, Shared
from topics.bus.message import Message
from topics.decisions import Decision, sent_at

# Boards that an erased person has left words on; their own decisions are made one by one, later.
Boards = tuple[str, ...]


class CommentDecider:
    """The decider of threads and comments."""

    handles = frozenset(handler.RULES) | handler.FOLLOWED

    def locks(self, action: Message) -> list[Lock]:
        """The author's account, which must not end while he writes: he would be forgotten before he has written."""
        actor = action.envelope.actor
        return [] if action.type.name in handler.FOLLOWED or actor is None else [Shared(f"account:{actor}")]

    async def load(self, connection: asyncpg.Connection, action: Message) -> State | Boards:
        """What the decision depends on."""
        if action.type.name in handler.FOLLOWED:
            return await store.boards_of(connection, action.data["user_id"])
        return await store.load(connection, action.data, action.envelope.actor, action.envelope.via)

    def decide(self, action: Message, state: State | Boards) -> Decision:
        """See `handler`."""
        if isinstance(state, State):
            return handler.decide(action.type.name, action.data, action.envelope, state)
        return handler.follow(action.data, state)

    async def apply(
        self, connection: asyncpg.Connection, action: Message, _state: State | Boards, decision: Decision
    ) -> None:
        """Write what the facts say."""
        envelope = action.envelope
        # Only a guest's own name is kept here: that of an account is identity's.
        name = action.data.get("guest_name") if envelope.via is not None else None
        said = store.Said(sent_at(envelope), name)
        for fact in decision.facts:
            await store.apply(connection, fact, said)
