"""A record on its way through a decider: readable, or dead for a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.envelope import Envelope
from schemas.ids import is_id
from topics.bus.decide_locks import Lock
from topics.bus.decider import Decider
from topics.bus.failure import Death
from topics.bus.message import Message
from topics.bus.records import Junk, Record, decode


@dataclass(slots=True)
class Entry:
    """A record of the partition: readable (`message`), or dead for a reason; `envelope` as far as it could be read."""

    record: Record
    message: Message | None = None
    envelope: Envelope | None = None
    death: Death | None = None
    locks: Sequence[Lock] = ()

    def die(self, death: Death) -> None:
        """Give the record up: nothing of it is looked at any more."""
        self.death, self.message, self.locks = death, None, ()


def read(record: Record, generation: str, decider: Decider[Any]) -> Entry:
    """A record as the decider gets it."""
    try:
        message = decode(record, generation)
    except Junk as junk:
        return Entry(record, envelope=junk.envelope, death=Death.of(junk))
    envelope = message.envelope
    for who in (envelope.actor, envelope.via):
        if who is not None and not is_id(who):
            return Entry(record, envelope=envelope, death=Death("malformed", "the envelope names no person by id"))
    if message.data is None or message.type.name not in decider.handles:
        return Entry(record, message, envelope)
    try:
        return Entry(record, message, envelope, locks=decider.locks(message))
    except Exception as error:  # noqa: BLE001 - pure: the same again and again
        return Entry(record, envelope=envelope, death=Death.of(error))
