"""One action on a board: what it locks, what it reads, who decides, what is written."""

from typing import Final

import asyncpg

from consumers.board_decider import handler, store, writes
from consumers.board_decider.state import State
from schemas.keyring import Keyring
from schemas.problems import Problem, SealBroken
from schemas.sealing import unseal
from topics.bus.decide_locks import Lock, Shared
from topics.bus.message import Message
from topics.decisions import Decision, sent_at
from topics.errors import Reject

PASSWORD: Final = "password"  # noqa: S105 - the name of a field
EMAIL: Final = "email"
# It changes a number and nothing that anybody needs to be told.
COUNTED: Final = "boards.welcome_guest"

# Boards that a fact of another domain is about; their own decisions are made one by one, later.
Boards = tuple[str, ...]


class BoardDecider:
    """The decider of boards, their people and their links."""

    handles = frozenset(handler.RULES) | handler.FOLLOWED

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def locks(self, action: Message) -> list[Lock]:
        """The board, and the people whose account must not end while they get a role on it."""
        if action.type.name in handler.FOLLOWED:
            return []
        people = {action.envelope.actor, action.data.get("user_id")} - {None}
        return [f"board:{action.data['board_id']}", *(Shared(f"account:{user_id}") for user_id in people)]

    async def load(self, connection: asyncpg.Connection, action: Message) -> State | Boards:
        """What the decision depends on."""
        name, envelope = action.type.name, action.envelope
        if name in handler.FOLLOWED:
            return await store.boards_of(connection, name, action.data)
        return await store.load(
            connection, name, action.data, envelope.actor, envelope.via, email=self._opened(action, EMAIL)
        )

    def decide(self, action: Message, state: State | Boards) -> Decision:
        """See `handler`."""
        if isinstance(state, State):
            return handler.decide(action.type.name, action.data, action.envelope, state)
        return handler.follow(action.type.name, action.data, state)

    async def apply(
        self, connection: asyncpg.Connection, action: Message, _state: State | Boards, decision: Decision
    ) -> None:
        """Write what the facts say."""
        said = writes.Said(
            action.envelope.actor,
            sent_at(action.envelope),
            password_hash=self._opened(action, PASSWORD),
            email=self._opened(action, EMAIL),
        )
        for fact in decision.facts:
            await writes.apply(connection, fact, said)
        if action.type.name == COUNTED and decision.refusal is None:
            await writes.count_guest(connection, action.data, said.time)

    def _opened(self, action: Message, field: str) -> str | None:
        """What the log holds sealed."""
        if field not in action.data:
            return None
        try:
            return unseal(self._keyring, action.type.name, field, action.envelope.id, action.data[field])
        except SealBroken as error:
            problem = Problem(f"/{field}", "does not open")
            raise Reject("schema_invalid", f"The sealed {field} does not open.", (problem,)) from error
