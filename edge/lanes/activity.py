"""What browsers tell of their use goes straight to `activity.facts`: checked, thinned, and never in the way of ops."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.errors import ApiError
from edge.settings import EdgeSettings
from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import fact_id
from schemas.problems import DataInvalid, Problem
from schemas.registry import MessageType, registry
from topics.bus.publish import Publisher
from topics.errors import DoskaError
from topics.runtime.tracing import new_traceparent

TOPIC: Final = "activity.facts"
# What the edge knows by itself: a client does not say who it is.
OURS: Final = ("user_id", "visit_id")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a browser tells; `ago` is counted from when it was sent, so no clock but ours matters."""

    type: str
    ago: timedelta
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one visit; `first` is the number of the first of them, so one that is sent again has the same id."""

    visit_id: str
    first: int
    events: Sequence[Event]


def types() -> dict[str, MessageType]:
    """What may be told, by name."""
    return {mt.name: mt for mt in registry().of_topic(TOPIC)}


class ActivityLane:
    """Takes batches of events. What is dropped here is a gap in statistics and nothing else."""

    def __init__(self, settings: EdgeSettings, publisher: Publisher, rights: Rights) -> None:
        self._on = settings.activity == "on"
        self._sample = settings.activity_sample
        self._publisher = publisher
        self._rights = rights
        self._types = types()

    def wants(self, visit_id: str) -> bool:
        """Whether a visit is among those that are looked at: the same answer for all of it, at every edge."""
        drawn = int.from_bytes(hashlib.sha256(visit_id.encode()).digest()[:4], "big")
        return self._on and drawn < self._sample * 2**32

    async def tell(self, caller: Caller, batch: Batch, now: datetime) -> int:
        """Write the events; how many the log has. An event of a board that the caller may not see is left out.

        Raises `ApiError`: `schema_invalid` with the path (nothing was written), `unavailable`.
        """
        records = []
        for i, event in enumerate(batch.events):
            data = self._checked(caller, batch.visit_id, event, i)
            if await self._may(caller, data.get("board_id")):
                records.append((self._envelope(caller, batch, i, event, now), data))
        try:
            sent = [
                await self._publisher.send(TOPIC, caller.user_id.encode(), codec.encode(data), to_headers(envelope))
                for envelope, data in records
            ]
            await asyncio.gather(*sent)
        except DoskaError as error:
            raise ApiError("unavailable", "The log takes no activity now.") from error
        return len(records)

    def _checked(self, caller: Caller, visit_id: str, event: Event, number: int) -> dict[str, Any]:
        for name in OURS:
            if name in event.data:
                wrong = Problem(f"/events/{number}/data/{name}", "is said by the edge")
                raise ApiError("schema_invalid", "The events are not as their schemas say.", (wrong,))
        data = {"user_id": caller.user_id, "visit_id": visit_id, **event.data}
        try:
            codec.validate(self._types[event.type], data)
        except DataInvalid as error:
            found = tuple(Problem(f"/events/{number}/data{each.path}", each.message) for each in error.problems)
            raise ApiError("schema_invalid", "The events are not as their schemas say.", found) from error
        return data

    async def _may(self, caller: Caller, board_id: str | None) -> bool:
        if board_id is None:
            return True
        try:
            await self._rights.board_access(caller, board_id, "board.view")
        except ApiError as error:
            if error.code == "unavailable":
                raise
            return False
        return True

    def _envelope(self, caller: Caller, batch: Batch, i: int, event: Event, now: datetime) -> Envelope:
        mt = self._types[event.type]
        id_ = fact_id(batch.visit_id, batch.first + i)
        return Envelope(
            id=id_,
            type=mt.name,
            source="edge",
            time=(now - event.ago).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            subject=caller.user_id,
            dataschema=mt.dataschema,
            actor=caller.user_id,
            correlationid=id_,
            session=caller.session_id,
            traceparent=new_traceparent(),
        )
