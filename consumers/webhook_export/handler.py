"""What a fact comes to for webhooks: which of them get it, and the body that they get."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import orjson

from schemas.envelope import Envelope
from schemas.ids import time_ms, uuid7
from schemas.registry import MessageType
from schemas.walk import Schema, every
from schemas.webhooks.patterns import REDELIVERY, TEST, matches, offered

BOARD_CREATED: Final = "boards.board_created"
SPEC_VERSION: Final = "1.0"


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that concerns webhooks. `board_id` is None for what happened in a workspace and on no board.

    `delivery_id` is named by tests and redeliveries alone: who asked for one looks for it under that id.
    """

    fact_id: str
    type: str
    time: datetime
    workspace_id: str | None
    board_id: str | None
    subscription_id: str | None
    delivery_id: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whom a fact may go to."""

    subscription_id: str
    workspace_id: str
    types: tuple[str, ...]
    boards: frozenset[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A fact for one webhook; a test is tried `once`."""

    delivery_id: str
    subscription_id: str
    workspace_id: str
    once: bool
    told: Told


def told(envelope: Envelope, mt: MessageType, data: Mapping[str, Any]) -> Told | None:
    """A fact as webhooks see it; None for what no webhook can get."""
    if not offered(mt) and mt.name not in (TEST, REDELIVERY):
        return None
    return Told(
        fact_id=envelope.id,
        type=mt.name,
        time=datetime.fromisoformat(envelope.time),
        workspace_id=data.get("workspace_id"),
        board_id=data.get("board_id"),
        subscription_id=data.get("subscription_id"),
        delivery_id=data.get("delivery_id"),
        body=body(envelope, mt, data),
    )


def body(envelope: Envelope, mt: MessageType, data: Mapping[str, Any]) -> str:
    """The fact as a CloudEvent in structured JSON, without what names people, and without where somebody sat.

    Sessions, connections and guests' links stay here: an admin of a workspace reads them in the audit, and another
    company's server has no use for them.
    """
    event = {
        "specversion": SPEC_VERSION,
        "id": envelope.id,
        "type": mt.name,
        "source": f"/{envelope.source}",
        "subject": envelope.subject,
        "time": envelope.time,
        "dataschema": f"/api/schemas/{mt.name}?version={mt.version}",
        "datacontenttype": "application/json",
        **({} if envelope.actor is None else {"actor": envelope.actor}),
        "data": {name: data[name] for name in shown(mt) if name in data},
    }
    return orjson.dumps(event).decode()


@cache
def shown(mt: MessageType) -> tuple[str, ...]:
    """The fields of a fact that leave the house: those that this release knows, and in which nothing is personal.

    A field of a newer release is not among them: nobody here can know what it holds.
    """
    return tuple(
        name for name, property_ in mt.schema["properties"].items() if not _personal(mt.schema, property_, frozenset())
    )


def new_boards(facts: Iterable[Told]) -> dict[str, str]:
    """The workspaces of boards that the facts tell of, by board."""
    return {
        each.board_id: each.workspace_id
        for each in facts
        if each.type == BOARD_CREATED and each.board_id is not None and each.workspace_id is not None
    }


def home(fact: Told, homes: Mapping[str, str]) -> str | None:
    """The workspace that a fact belongs to; a board's is where the board was made."""
    if fact.board_id is not None:
        return homes.get(fact.board_id)
    return fact.workspace_id


def deliveries(
    facts: Iterable[Told], homes: Mapping[str, str], subscriptions: Sequence[Subscription], oldest: datetime
) -> list[Delivery]:
    """Which webhooks get which of the facts, in the order of the facts.

    What happened before a webhook was made, or before `oldest`, is history and not sent.
    """
    of_workspace: dict[str | None, list[Subscription]] = {}
    for each in subscriptions:
        of_workspace.setdefault(each.workspace_id, []).append(each)
    return [
        _delivery(each, fact)
        for fact in facts
        for each in of_workspace.get(home(fact, homes), ())
        if fact.time >= max(each.created_at, oldest) and _means(each, fact)
    ]


def redeliveries(facts: Iterable[Told]) -> list[tuple[str, str]]:
    """The deliveries that somebody wants again, each with its webhook."""
    return [
        (each.delivery_id, each.subscription_id)
        for each in facts
        if each.type == REDELIVERY and each.delivery_id is not None and each.subscription_id is not None
    ]


def delivery_id(subscription_id: str, fact_id: str) -> str:
    """The id of a delivery: the same however often the fact is read."""
    return uuid7(time_ms(fact_id), hashlib.sha256(f"{subscription_id}\0{fact_id}".encode()).digest())


def _delivery(to: Subscription, fact: Told) -> Delivery:
    id_ = fact.delivery_id or delivery_id(to.subscription_id, fact.fact_id)
    return Delivery(id_, to.subscription_id, to.workspace_id, fact.type == TEST, fact)


def _means(subscription: Subscription, fact: Told) -> bool:
    if fact.type == TEST:
        return fact.subscription_id == subscription.subscription_id
    if fact.type == REDELIVERY:
        return False
    of_its_boards = not subscription.boards or fact.board_id in subscription.boards
    return of_its_boards and matches(subscription.types, fact.type)


def _personal(root: Schema, schema: Schema, seen: frozenset[str]) -> bool:
    """Whether anything in a property is marked as personal or secret, behind references too."""
    for _, part in every(schema):
        if part.get("x-pii") or "x-sealed" in part:
            return True
        ref = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if ref and ref not in seen and _personal(root, root["$defs"][ref], seen | {ref}):
            return True
    return False
