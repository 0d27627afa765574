"""One action on webhooks: what it locks, what it reads, who decides, what is written."""

from typing import Final

import asyncpg

from consumers.webhook_decider import handler, store
from consumers.webhook_decider.state import State
from schemas.keyring import Keyring
from schemas.problems import Problem, SealBroken
from schemas.sealing import unseal
from schemas.webhooks.addresses import Rules, normal, refusal
from topics.bus.message import Message
from topics.decisions import Decision, sent_at
from topics.errors import Reject

SEALED: Final = "url"


class WebhookDecider:
    """The decider of webhooks. `rules` say which addresses this deployment may call."""

    handles = frozenset(handler.RULES) | handler.FOLLOWED

    def __init__(self, keyring: Keyring, rules: Rules) -> None:
        self._keyring = keyring
        self._rules = rules

    def locks(self, action: Message) -> list[str]:
        """The workspace: workspace_decider takes it too, so nobody stops being an admin in the same moment."""
        return [] if action.type.name in handler.FOLLOWED else [f"workspace:{action.data['workspace_id']}"]

    async def load(self, connection: asyncpg.Connection, action: Message) -> State:
        """What the decision depends on."""
        if action.type.name in handler.FOLLOWED:
            return State()
        url = self._url(action)
        refused = None if url is None else refusal(url, self._rules)
        return await store.load(
            connection,
            action.data,
            action.envelope.actor,
            store.Asked(None if url is None or refused else normal(url), refused, self._keyring.current),
        )

    def decide(self, action: Message, state: State) -> Decision:
        """See `handler`."""
        if action.type.name in handler.FOLLOWED:
            return handler.follow(action.data)
        return handler.decide(action.type.name, action.data, action.envelope, state)

    async def apply(self, connection: asyncpg.Connection, action: Message, state: State, decision: Decision) -> None:
        """Write what the facts say."""
        for fact in decision.facts:
            await store.apply(connection, fact, store.Said(state.address, sent_at(action.envelope)))

    def _url(self, action: Message) -> str | None:
        """The address of the action, which the log holds sealed."""
        if SEALED not in action.data:
            return None
        try:
            return unseal(self._keyring, action.type.name, SEALED, action.envelope.id, action.data[SEALED])
        except SealBroken as error:
            problem = Problem(f"/{SEALED}", "does not open")
            raise Reject("schema_invalid", "The sealed address does not open.", (problem,)) from error
