"""One action on a person: what it locks, what it reads, who decides, what is written."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import asyncpg

from consumers.identity_decider import handler, store, writes
from consumers.identity_decider.state import State
from schemas.keyring import Keyring
from schemas.problems import Problem, SealBroken
from schemas.proofs import is_operators
from schemas.registry import registry
from schemas.sealing import unseal
from topics.bus.message import Message
from topics.decisions import Decision, sent_at
from topics.errors import Reject

# Actions without a fact that still leave a mark.
UNTOLD: Final = "identity.touch_session"


class IdentityDecider:
    """The decider of people and their sessions."""

    handles = frozenset(handler.RULES)

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def locks(self, action: Message) -> list[str]:
        """The person, whom board_decider locks too before it gives him a role; and what must be unique."""
        names = [f"account:{action.data['user_id']}"]
        try:
            data = self._opened(action)
        except Reject:
            return names  # it is refused when it is decided
        if "email" in data:
            names.append(f"email:{data['email'].lower()}")
        if "subject" in data:
            names.append(f"provider:{data['issuer']} {data['subject']}")
        return names

    async def load(self, connection: asyncpg.Connection, action: Message) -> State:
        """What the decision depends on."""
        data = self._opened(action)
        state = await store.load(connection, action.type.name, data, action.envelope.actor)
        envelope, proof = action.envelope, data.get("proof", "")
        return replace(state, operator=is_operators(self._keyring, proof, envelope.type, envelope.id, data["user_id"]))

    def decide(self, action: Message, state: State) -> Decision:
        """See `handler`."""
        return handler.decide(action.type.name, self._opened(action), action.envelope, state)

    async def apply(self, connection: asyncpg.Connection, action: Message, _state: State, decision: Decision) -> None:
        """Write what the facts say."""
        data, time = self._opened(action), sent_at(action.envelope)
        for fact in decision.facts:
            await writes.apply(connection, fact, data, time)
        if action.type.name == "identity.open_session" and "password" in data and decision.refusal is None:
            await writes.rehash(connection, data["user_id"], data["password"])
        if action.type.name == UNTOLD:
            await writes.touch(connection, data, time)

    def _opened(self, action: Message) -> Mapping[str, Any]:
        """The data with its secrets opened. Raises Reject."""
        opened = dict(action.data)
        for name in registry().get(action.type.name).sealed:
            if name not in opened:
                continue
            try:
                opened[name] = unseal(self._keyring, action.type.name, name, action.envelope.id, opened[name])
            except SealBroken as error:
                problem = Problem(f"/{name}", "does not open")
                raise Reject("schema_invalid", f"The sealed {name} does not open.", (problem,)) from error
        return opened
