"""What stands on `activity.facts`: whoever brings it elsewhere tells repeats apart by its id."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from edge.auth.callers import Caller
from edge.auth.rights import Rights
from edge.lanes.activity import ActivityLane, Batch, Event
from edge.settings import EdgeSettings
from schemas.envelope import Envelope, from_headers
from schemas.ids import is_id, new_id
from topics.bus.publish import Publisher

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
VIEW = Event("activity.page_viewed", timedelta(seconds=3), {"page": "boards"})
USED = Event("activity.feature_used", timedelta(0), {"feature": "share_opened"})


@dataclass
class Log:
    """Takes records; that a real one does is tested elsewhere."""

    records: list[tuple[str, bytes, Envelope]] = field(default_factory=list)

    async def send(self, topic: str, key: bytes, _value: bytes, headers: Any) -> asyncio.Future[None]:
        self.records.append((topic, key, from_headers(headers)))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def lane(log: Log) -> ActivityLane:
    # No event here names a board, so nobody's rights are asked for.
    return ActivityLane(EdgeSettings(), cast("Publisher", log), cast("Rights", None))


def caller() -> Caller:
    return Caller(new_id(), new_id(), "Ada", "#1971c2", guest=False, link_id=None, board_id=None, expires_at=0.0)


async def test_an_event_that_is_told_again_has_the_same_id_and_each_one_of_its_own() -> None:
    log, ada, visit = Log(), caller(), new_id()

    await lane(log).tell(ada, Batch(visit, 0, [VIEW, USED]), NOON)
    await lane(log).tell(ada, Batch(visit, 1, [USED, VIEW]), NOON)
    await lane(log).tell(ada, Batch(new_id(), 0, [VIEW]), NOON)

    ids = [envelope.id for _, _, envelope in log.records]
    assert ids[1] == ids[2], "the second event of this visit, whichever batch it comes in"
    assert len(set(ids)) == 4
    assert all(is_id(each) for each in ids)


async def test_an_event_is_its_persons_and_of_when_it_happened() -> None:
    log, ada = Log(), caller()

    await lane(log).tell(ada, Batch(new_id(), 0, [VIEW]), NOON)

    [(topic, key, envelope)] = log.records
    assert (topic, key.decode(), envelope.actor) == ("activity.facts", ada.user_id, ada.user_id)
    assert envelope.time == "2026-05-04T11:59:57.000Z"
