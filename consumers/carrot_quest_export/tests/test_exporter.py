"""Against the stand-in, with the consumer's own tables: each event once, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from consumers.carrot_quest_export.destination import CarrotQuest as Client
from consumers.carrot_quest_export.exporter import NAME, CarrotQuestExporter
from consumers.carrot_quest_export.settings import CarrotQuestSettings
from consumers.carrot_quest_export.store import EventStore
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations.carrot_quest import CarrotQuest, serving
from tests.destinations.facts import Census, created, fact, registered
from topics.bus.manifest import load_manifest
from topics.errors import Halt, PartlyFailed, Postpone, Reject, Retry
from topics.exports.checking import checked_mapping
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration
HERE = Path(__file__).parents[1]
RULES = checked_mapping(HERE / "mapping.yaml", registry(), load_manifest(HERE).reads)
Make = Callable[..., CarrotQuestExporter]


@pytest.fixture
async def carrot() -> AsyncIterator[CarrotQuest]:
    async with serving(CarrotQuest()) as carrot:
        yield carrot


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    async with await postgres_pool(separate_tables, f"doska_{NAME}", server_settings={"search_path": NAME}) as pool:
        yield pool


@pytest.fixture
async def make(carrot: CarrotQuest, pool: asyncpg.Pool) -> AsyncIterator[Make]:
    async with aiohttp.ClientSession() as http:

        def exporter(census: Census | None = None, **settings: Any) -> CarrotQuestExporter:
            values = {"token": carrot.token, "url": carrot.url, "rate": 1000, "patience_seconds": 0, **settings}
            ours = CarrotQuestSettings(**values)
            people: Any = census or Census()
            store, client = EventStore(pool), Client(http, ours)
            return CarrotQuestExporter(client, RULES, people, store, settings=ours, now=lambda: datetime.now(UTC))

        yield exporter


async def failing(sending: Awaitable[None]) -> dict[int, Any]:
    with pytest.raises(PartlyFailed) as failed:
        await sending
    return dict(failed.value.failures)


async def test_what_comes_again_is_sent_once(make: Make, carrot: CarrotQuest) -> None:
    anna, boris = new_id(), new_id()
    facts = [created(anna), created(boris), created(anna), created(None), fact("identity.session_opened", anna)]

    await make().send(facts)
    await make().send(facts)

    assert sorted(carrot.ids) == sorted(each.envelope.id for each in facts[:3])
    assert [each["props"]["event_uid"] for each in carrot.events[anna]] == [facts[0].envelope.id, facts[2].envelope.id]
    assert all(each["triggers"] for each in carrot.events[anna])


async def test_what_browsers_tell_is_there_once_too_but_no_measurements(make: Make, carrot: CarrotQuest) -> None:
    anna, board = new_id(), new_id()
    view = fact("activity.page_viewed", anna, user_id=anna, page="board", board_id=board)
    used = fact("activity.feature_used", anna, user_id=anna, feature="share_opened")
    waited = fact("activity.timing_measured", anna, user_id=anna)

    await make().send([view, used, waited])
    await make().send([used, view])

    found = [(each["type"]["name"], each["props"]) for each in carrot.events[anna]]
    assert found == [
        ("Page viewed", {"page": "board", "board": board, "event_uid": view.envelope.id}),
        ("Feature used", {"feature": "share_opened", "event_uid": used.envelope.id}),
    ]


async def test_what_is_past_triggers_nothing(make: Make, carrot: CarrotQuest) -> None:
    anna = new_id()

    await make().send([created(anna)], history=True)
    await make(late_seconds=0.000001).send([created(anna)])

    assert [each["triggers"] for each in carrot.events[anna]] == [False, False]


async def test_an_event_that_was_accepted_without_an_answer_is_recognised(make: Make, carrot: CarrotQuest) -> None:
    made = created(new_id())
    carrot.faults.next.append("lost")

    failures = await failing(make().send([made]))
    await make().send([made])

    assert isinstance(failures[0], Postpone)
    assert carrot.ids == [made.envelope.id]
    assert carrot.requests == 2, "it asked, and did not send again"


@pytest.mark.parametrize("status", [500, 503])
async def test_an_event_that_was_not_accepted_goes_again(make: Make, carrot: CarrotQuest, status: int) -> None:
    made = created(new_id())
    carrot.faults.next.append(status)

    await failing(make().send([made]))
    await make().send([made])

    assert carrot.ids == [made.envelope.id]


async def test_what_somebody_else_began_a_moment_ago_is_left_to_him(make: Make, carrot: CarrotQuest) -> None:
    made = created(new_id())
    carrot.faults.next.append("lost")
    await failing(make().send([made]))

    failures = await failing(make(patience_seconds=60).send([made]))

    assert isinstance(failures[0], Postpone)
    assert failures[0].after == 60
    assert carrot.requests == 1


async def test_live_and_history_at_once_send_each_event_once(make: Make, carrot: CarrotQuest) -> None:
    facts = [created(new_id()) for _ in range(50)]
    live, past = make(patience_seconds=60), make(patience_seconds=60)

    await asyncio.gather(live.send(facts), past.send(list(reversed(facts)), history=True), return_exceptions=True)
    await make().send(facts)

    assert sorted(carrot.ids) == sorted(each.envelope.id for each in facts)


async def test_too_many_requests_are_waited_out_and_nothing_is_doubtful(make: Make, carrot: CarrotQuest) -> None:
    facts = [created(new_id()) for _ in range(5)]
    carrot.faults.next.extend(["none", 429])
    carrot.faults.retry_after = "3"

    with pytest.raises(Retry) as later:
        await make(at_once=1).send(facts)
    await make(patience_seconds=60).send(facts)

    assert (type(later.value), later.value.after) == (Retry, 3.0)
    assert sorted(carrot.ids) == sorted(each.envelope.id for each in facts)


async def test_wrong_credentials_and_a_wrong_address_halt_with_words(make: Make, carrot: CarrotQuest) -> None:
    with pytest.raises(Halt, match=r"Carrot Quest refuses the credentials \(401\).*DOSKA_CARROT_QUEST_TOKEN"):
        await make(token="another").send([created(new_id())])
    with pytest.raises(Halt, match="DOSKA_CARROT_QUEST_URL"):
        await make(url=f"{carrot.url}/v9").send([created(new_id())])


async def test_what_it_refuses_is_named_and_the_others_are_there(make: Make, carrot: CarrotQuest) -> None:
    carrot.refuse_event = "Board archived"
    facts = [created(new_id()), fact("boards.board_archived", new_id()), created(new_id())]

    failures = await failing(make().send(facts))

    assert list(failures) == [1]
    assert isinstance(failures[1], Reject)
    assert "ValidationError" in failures[1].detail or "event" in failures[1].detail
    assert sorted(carrot.ids) == sorted([facts[0].envelope.id, facts[2].envelope.id])


async def test_properties_follow_consent(make: Make, carrot: CarrotQuest) -> None:
    anna, census = new_id(), Census()
    census.register(anna)
    await make(census).send([registered(anna)])
    before = dict(carrot.users[anna])

    census.register(anna, "analytics")
    await make(census).send([fact("identity.consent_given", anna, user_id=anna)])
    given = dict(carrot.users[anna])

    census.register(anna)
    await make(census).send([fact("identity.consent_withdrawn", anna, user_id=anna)])

    assert before == carrot.users[anna] == {"language": "ru", "$name": "", "$email": ""}
    assert given == {"language": "ru", "$name": "Анна", "$email": "anna@example.org"}
    assert "anna@example.org" not in str(carrot.events)


async def test_a_preview_sends_nothing(make: Make, carrot: CarrotQuest) -> None:
    shown = await make().preview(registered(new_id()))

    assert [each["POST"].rpartition("/")[2] for each in shown] == ["props", "events"]
    assert carrot.requests == 0
