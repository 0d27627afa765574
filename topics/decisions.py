"""What a decider may say: facts, states, requests to others, things to forget, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.envelope import Envelope
from topics.errors import Reject


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so from now on; also the new state of a compacted topic. Its type names topic and key."""

    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """An action for whoever decides it. It is decided in the order of its own key, so it may cross keys safely."""

    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The key of a compacted topic that is to be forgotten."""

    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of one action.

    Attributes:
        facts: told in this order. A refusal may carry some: a stolen refresh token closes its session.
        refusal: why the client gets no; None is yes. Yes without facts means that it was so already.
        asks: actions that follow from this one.
        tombstones: keys forgotten by compacted topics.
        workspace: the workspace that it happened in, for the facts' envelope.
    """

    facts: tuple[Fact, ...] = ()
    refusal: Reject | None = None
    asks: tuple[Ask, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    workspace: str | None = None


def numbered(revision: int, facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The facts of one key with their revisions, which go on after `revision`, the last one told of that key."""
    return tuple(
        Fact(fact.type, {**fact.data, "revision": revision + number}) for number, fact in enumerate(facts, start=1)
    )


def refuse(refusal: Reject) -> Decision:
    """No, and nothing happened."""
    return Decision(refusal=refusal)


def sent_at(envelope: Envelope) -> datetime:
    """When the action was sent: the only clock of a decision, so that the same action always decides the same."""
    return datetime.fromisoformat(envelope.time)
