"""What a consumer brings to the `decide` engine."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar

import asyncpg

from topics.bus.decide_locks import Lock
from topics.bus.message import Message
from topics.decisions import Decision

S = TypeVar("S")


class Decider(Protocol[S]):
    """Decides on the actions it handles, and on facts of others that mean something to it.

    All of it runs in one transaction with other actions; `load` writes nothing. A Reject raised anywhere is a refusal, a unique violation is the
    refusal `conflict`, Retry comes again later in its place, anything else is a bug: bounded attempts, then a dead letter.
    """

    @property
    def handles(self) -> AbstractSet[str]:
        """The types it decides on; the others of its topics are passed over."""
        ...

    def locks(self, action: Message) -> Sequence[Lock]:
        """Names of what must stand still for this decision beside its key, such as `account:<id>`: alone, or Shared."""
        ...

    async def load(self, connection: asyncpg.Connection, action: Message) -> S:
        """What the decision depends on."""
        ...

    def decide(self, action: Message, state: S) -> Decision:
        """The decision: pure, no clock but the action's time, the same whenever it is made again."""
        ...

    async def apply(self, connection: asyncpg.Connection, action: Message, state: S, decision: Decision) -> None:
        """Write what the facts say. Called for every yes, and for a no that has facts."""
        ...
