"""One action on a board's comments: what it locks, what it reads, who decides, what is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import asyncpg

from consumers.comment_decider import handler, store
from consumers.comment_decider.state import State
from schemas.keyring import Keyring
from schemas.proofs import is_operators
from topics.bus.decide_locks import Lock, Shared
from topics.bus.message import Message
from topics.decisions import Decision, sent_at

# Boards that an erased person has left words on; their own decisions are made one by one, later.
Boards = tuple[str, ...]


class CommentDecider:
    """The decider of threads and comments."""

    handles = frozenset(handler.RULES) | handler.FOLLOWED

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def locks(self, action: Message) -> list[Lock]:
        """The board's talk, and the author's account, which must not end while he writes.

        He would be forgotten before he has written.
        """
        if action.type.name in handler.FOLLOWED:
            return []
        actor = action.envelope.actor
        author = [] if actor is None else [Shared(f"account:{actor}")]
        return [*author, f"comments:{action.data['board_id']}"]

    async def load(self, connection: asyncpg.Connection, action: Message) -> State | Boards:
        """What the decision depends on."""
        if action.type.name in handler.FOLLOWED:
            return await store.boards_of(connection, action.data["user_id"])
        data, envelope = action.data, action.envelope
        state = await store.load(connection, data, envelope.actor, envelope.via)
        if "proof" not in data:
            return state
        operator = is_operators(self._keyring, data["proof"], envelope.type, envelope.id, data["board_id"])
        return replace(state, operator=operator)

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
        said = store.Said(sent_at(envelope), name, _names(action.data))
        for fact in decision.facts:
            await store.apply(connection, fact, said)


def _names(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Of comments that are brought back, the names of authors who have no account here, by comment."""
    named = zip(data.get("comments", ()), data.get("names", ()), strict=False)
    return {comment["comment_id"]: name for comment, name in named if name and "author_id" not in comment}
