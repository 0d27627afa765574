"""Facts for the tests of exporters, and who is behind them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.problems import pointed
from schemas.registry import registry
from topics.bus.message import Message
from topics.exports.mapped import Person

PERSON = {"email": "anna@example.org", "name": "Анна", "locale": "ru", "color": "#1971c2"}


@dataclass
class Census:
    """People as their views would show them."""

    people: dict[str, Person] = field(default_factory=dict)

    def register(self, user_id: str, *consents: str) -> None:
        """Somebody with a name and an address."""
        self.people[user_id] = Person({"user_id": user_id, **PERSON}, frozenset(consents))

    async def find(self, user_ids: Collection[str]) -> Mapping[str, Person]:
        """Those who are there."""
        return {each: self.people[each] for each in user_ids if each in self.people}


def envelope_of(kind: str, data: Mapping[str, Any], actor: str | None = None) -> Envelope:
    """The envelope of a fact."""
    mt, this = registry().get(kind), new_id()
    return Envelope(
        id=this,
        type=kind,
        source="tests",
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=str(pointed(data, mt.key or "")),
        dataschema=mt.dataschema,
        correlationid=this,
        actor=actor,
    )


def fact(kind: str, actor: str | None = None, **changes: Any) -> Message:
    """A fact of this type as its first example says, with some changes."""
    mt = registry().get(kind)
    data = {**mt.examples[0], **changes}
    envelope = envelope_of(kind, data, actor)
    return Message(mt.topic or "", 0, 0, "g", 0, envelope, mt, data, orjson.dumps(data))


def created(actor: str | None, **changes: Any) -> Message:
    """A board was created."""
    return fact("boards.board_created", actor, board_id=new_id(), **changes)


def registered(user_id: str) -> Message:
    """Somebody registered."""
    return fact("identity.user_registered", user_id, user_id=user_id)
