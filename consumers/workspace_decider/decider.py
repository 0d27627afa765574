"""One action on a workspace: what it locks, what it reads, who decides, what is written."""

from typing import Final

import asyncpg

from consumers.workspace_decider import handler, store
from consumers.workspace_decider.state import State
from schemas.keyring import Keyring
from schemas.problems import Problem, SealBroken
from schemas.sealing import unseal
from topics.bus.decide_locks import Lock, Shared
from topics.bus.message import Message
from topics.decisions import Decision, sent_at
from topics.errors import Reject

SEALED: Final = "email"

# Workspaces that a fact about a person is about; their own decisions are made one by one, later.
Workspaces = tuple[str, ...]


class WorkspaceDecider:
    """The decider of workspaces, their members and their invites."""

    handles = frozenset(handler.RULES) | handler.FOLLOWED

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def locks(self, action: Message) -> list[Lock]:
        """The workspace, which identity_decider locks too before an admin's account ends; and the people concerned."""
        if action.type.name in handler.FOLLOWED:
            return []
        people = {action.envelope.actor, action.data.get("user_id")} - {None}
        return [f"workspace:{action.data['workspace_id']}", *(Shared(f"account:{user_id}") for user_id in people)]

    async def load(self, connection: asyncpg.Connection, action: Message) -> State | Workspaces:
        """What the decision depends on."""
        if action.type.name in handler.FOLLOWED:
            return await store.workspaces_of(connection, action.data["user_id"])
        return await store.load(connection, action.data, action.envelope.actor, self._email(action))

    def decide(self, action: Message, state: State | Workspaces) -> Decision:
        """See `handler`."""
        if isinstance(state, State):
            return handler.decide(action.type.name, action.data, action.envelope, state)
        return handler.follow(action.type.name, action.data, state)

    async def apply(
        self, connection: asyncpg.Connection, action: Message, _state: State | Workspaces, decision: Decision
    ) -> None:
        """Write what the facts say."""
        time = sent_at(action.envelope)
        for fact in decision.facts:
            await store.apply(connection, fact, store.Said(action.envelope.actor, self._email(action), time))

    def _email(self, action: Message) -> str | None:
        """The address of the action, which the log holds sealed."""
        if SEALED not in action.data:
            return None
        try:
            return unseal(self._keyring, action.type.name, SEALED, action.envelope.id, action.data[SEALED])
        except SealBroken as error:
            problem = Problem(f"/{SEALED}", "does not open")
            raise Reject("schema_invalid", "The sealed address does not open.", (problem,)) from error
