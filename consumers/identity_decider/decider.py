"""One action on a person: what it locks, what it reads, who decides, what is written."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from consumers.identity_decider import handler, store
from consumers.identity_decider.state import State
from schemas.keyring import Keyring
from schemas.problems import Problem, SealBroken
from schemas.sealing import unseal
from topics.bus.message import Message
from topics.decisions import Decision, sent_at
from topics.errors import Reject

SECRET: Final = "password"  # noqa: S105 - the name of a field


class IdentityDecider:
    """The decider of people, their sessions and their personal workspaces."""

    handles = frozenset(handler.RULES)

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def locks(self, action: Message) -> list[str]:
        """The person, whom board_decider locks too before it gives him a role; and an address that must be unique."""
        names = [f"account:{action.data['user_id']}"]
        if action.type.name == "identity.register_user":
            names.append(f"email:{action.data['email'].lower()}")
        return names

    async def load(self, connection: asyncpg.Connection, action: Message) -> State:
        """What the decision depends on."""
        return await store.load(connection, action.type.name, action.data)

    def decide(self, action: Message, state: State) -> Decision:
        """See `handler`."""
        return handler.decide(action.type.name, action.data, action.envelope, state)

    async def apply(self, connection: asyncpg.Connection, action: Message, _state: State, decision: Decision) -> None:
        """Write what the facts say."""
        data = self._opened(action)
        for fact in decision.facts:
            await store.apply(connection, fact, data, sent_at(action.envelope))
        if action.type.name == "identity.open_session" and SECRET in data and decision.refusal is None:
            await store.rehash(connection, data["user_id"], data[SECRET])

    def _opened(self, action: Message) -> Mapping[str, Any]:
        if SECRET not in action.data:
            return dict(action.data)
        try:
            opened = unseal(self._keyring, action.type.name, SECRET, action.envelope.id, action.data[SECRET])
        except SealBroken as error:
            problem = Problem(f"/{SECRET}", "does not open")
            raise Reject("schema_invalid", "The sealed password does not open.", (problem,)) from error
        return {**action.data, SECRET: opened}
