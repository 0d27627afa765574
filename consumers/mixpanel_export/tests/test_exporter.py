from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.test_utils
import aiohttp.web
import pytest

from consumers.mixpanel_export.destination import Mixpanel as Client
from consumers.mixpanel_export.exporter import MixpanelExporter
from consumers.mixpanel_export.settings import MixpanelSettings
from schemas.ids import new_id
from schemas.registry import registry
from tests.destinations.facts import Census, created, fact, registered
from tests.destinations.mixpanel import Mixpanel, serving
from topics.bus.manifest import load_manifest
from topics.errors import Halt, PartlyFailed, Postpone, Reject, Retry
from topics.exports.checking import checked_mapping

HERE = Path(__file__).parents[1]
RULES = checked_mapping(HERE / "mapping.yaml", registry(), load_manifest(HERE).reads)
ANNA = new_id()


@pytest.fixture
async def mixpanel() -> AsyncIterator[Mixpanel]:
    async with serving(Mixpanel()) as mixpanel:
        yield mixpanel


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def exporter(
    http: aiohttp.ClientSession, mixpanel: Mixpanel, census: Census | None = None, **settings: Any
) -> MixpanelExporter:
    ours = MixpanelSettings(**{"token": mixpanel.token, "url": mixpanel.url, "seconds": 30, **settings})
    return MixpanelExporter(Client(http, ours), RULES, census or Census(), ours)


async def test_facts_become_events_with_the_ids_and_times_of_the_facts(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    made, rotated, nobodys = created(ANNA), fact("identity.session_rotated", ANNA), created(None)

    await exporter(http, mixpanel).send([made, rotated, nobodys])

    assert mixpanel.ids == [made.envelope.id, nobodys.envelope.id]
    event = next(iter(mixpanel.events.values()))
    assert event["event"] == "Board created"
    assert event["properties"]["distinct_id"] == ANNA
    assert event["properties"]["board"] == made.data["board_id"]
    assert event["properties"]["ip"] == "0"
    assert "title" not in str(event)


async def test_what_browsers_tell_stands_beside_what_deciders_tell(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    census = Census()
    census.register(ANNA, "analytics")
    visit = {"user_id": ANNA, "visit_id": new_id()}
    told = [
        fact("activity.page_viewed", ANNA, **visit, page="board", board_id=new_id()),
        fact("activity.feature_used", ANNA, **visit, feature="share_opened"),
        fact("activity.timing_measured", ANNA, **visit, timing="board_opened", took_ms=830),
    ]

    await exporter(http, mixpanel, census).send([*told, created(ANNA)])
    await exporter(http, mixpanel, census).send(told)

    assert mixpanel.ids[:3] == [each.envelope.id for each in told]
    assert len(mixpanel.ids) == 4, "each once, however often it comes"
    view, used, waited, _ = mixpanel.events.values()
    own = {"source": "doska", "visit": visit["visit_id"], "distinct_id": ANNA, "ip": "0"}
    assert view["event"] == "Page viewed"
    assert view["properties"].items() >= {**own, "page": "board", "board": told[0].data["board_id"]}.items()
    assert (used["event"], used["properties"]["feature"]) == ("Feature used", "share_opened")
    assert (waited["event"], waited["properties"]["took_ms"]) == ("Wait measured", 830)
    assert "anna@example.org" not in str(mixpanel.events), "consent is for a profile, not for every page"
    assert mixpanel.profiles == {}


async def test_what_comes_again_counts_once(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    made = created(ANNA)

    await exporter(http, mixpanel).send([made])
    await exporter(http, mixpanel).send([made])

    assert (mixpanel.received, mixpanel.ids) == (2, [made.envelope.id])


async def test_a_service_account_needs_its_project(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    name, secret, project = mixpanel.account

    await exporter(http, mixpanel, service_account=f"{name}:{secret}", project_id=project).send([created(ANNA)])

    assert len(mixpanel.ids) == 1
    with pytest.raises(ValueError, match="DOSKA_MIXPANEL_PROJECT_ID"):
        MixpanelSettings(token="x", service_account="a:b")


async def test_wrong_credentials_halt_with_words(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    with pytest.raises(Halt, match=r"Mixpanel refuses the credentials \(401\).*DOSKA_MIXPANEL_TOKEN"):
        await exporter(http, mixpanel, token="another").send([created(ANNA)])


async def test_the_events_that_it_refuses_are_named_and_the_others_are_there(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    mixpanel.refuse_event = "Board renamed"
    facts = [created(ANNA), fact("boards.board_renamed", ANNA), fact("identity.session_rotated"), created(ANNA)]

    with pytest.raises(PartlyFailed) as failed:
        await exporter(http, mixpanel).send(facts)

    (number, refused) = next(iter(failed.value.failures.items()))
    assert (len(failed.value.failures), number) == (1, 1)
    assert isinstance(refused, Reject)
    assert "block list" in refused.detail
    assert refused.errors[0].path == "/event"
    assert mixpanel.ids == [facts[0].envelope.id, facts[3].envelope.id]


async def test_a_body_that_is_too_large_goes_in_halves(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    facts = [created(ANNA) for _ in range(10)]
    mixpanel.body_bytes = 1000

    await exporter(http, mixpanel).send(facts)

    assert mixpanel.ids == [each.envelope.id for each in facts]
    assert mixpanel.requests > 5


async def test_one_event_that_is_too_large_even_alone_is_refused(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    mixpanel.body_bytes = 100

    with pytest.raises(PartlyFailed) as failed:
        await exporter(http, mixpanel).send([created(ANNA)])

    (refused,) = failed.value.failures.values()
    assert isinstance(refused, Reject)
    assert refused.code == "too_large"


async def test_no_request_holds_more_than_2000_events(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    await exporter(http, mixpanel).send([created(ANNA) for _ in range(2001)])

    assert (len(mixpanel.ids), mixpanel.requests) == (2001, 2)


@pytest.mark.parametrize("fault", [500, 502, 503, 504, "lost"])
async def test_a_fault_of_the_service_postpones_and_what_was_accepted_counts_once(
    http: aiohttp.ClientSession, mixpanel: Mixpanel, fault: int | str
) -> None:
    mixpanel.faults.next.append(fault)
    mixpanel.faults.retry_after = "7"
    ours, facts = exporter(http, mixpanel), [created(ANNA), created(ANNA)]

    with pytest.raises(PartlyFailed) as failed:
        await ours.send(facts)
    assert [type(each) for each in failed.value.failures.values()] == [Postpone, Postpone]
    assert fault == "lost" or next(iter(failed.value.failures.values())).after == 7.0
    await ours.send(facts)

    assert mixpanel.ids == [each.envelope.id for each in facts]


async def test_too_many_requests_are_waited_out_and_what_was_accepted_does_not_go_again(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    ours, facts = exporter(http, mixpanel, events=1), [created(ANNA), created(ANNA)]
    mixpanel.faults.retry_after = "3"
    mixpanel.faults.next.extend(["none", 429])

    with pytest.raises(Retry) as later:
        await ours.send(facts)
    assert (type(later.value), later.value.after) == (Retry, 3.0)
    await ours.send(facts)

    assert mixpanel.received == 2
    assert mixpanel.ids == [each.envelope.id for each in facts]


async def test_nobody_there_and_somebody_else_there_is_a_fault_as_well(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    mixpanel.faults.next.append(200)

    for ours in (exporter(http, mixpanel), exporter(http, mixpanel, url="http://127.0.0.1:9")):
        with pytest.raises(PartlyFailed) as failed:
            await ours.send([created(ANNA)])
        assert isinstance(failed.value.failures[0], Postpone)


async def test_profiles_follow_consent(http: aiohttp.ClientSession, mixpanel: Mixpanel) -> None:
    census = Census()
    ours = exporter(http, mixpanel, census)
    census.register(ANNA)
    await ours.send([registered(ANNA)])
    before = dict(mixpanel.profiles[ANNA])

    census.register(ANNA, "analytics")
    await ours.send([fact("identity.consent_given", ANNA, user_id=ANNA)])
    given = dict(mixpanel.profiles[ANNA])

    census.register(ANNA)
    await ours.send([fact("identity.consent_withdrawn", ANNA, user_id=ANNA)])
    after = dict(mixpanel.profiles[ANNA])

    await ours.send([fact("identity.user_erased", ANNA, user_id=ANNA)])

    assert before == after == {"language": "ru"}
    assert given == {"language": "ru", "$name": "Анна", "$email": "anna@example.org"}
    assert ANNA not in mixpanel.profiles
    assert "anna@example.org" not in str(mixpanel.events)


async def test_a_profile_that_it_refuses_with_200_is_found_in_halves(
    http: aiohttp.ClientSession, mixpanel: Mixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    census, people = Census(), [new_id() for _ in range(4)]
    for each in people:
        census.register(each)
    good = mixpanel.on_engage

    async def refusing(request: Any) -> Any:
        if people[2].encode() in await request.read():
            return aiohttp.web.json_response({"status": 0, "error": "bad"})
        return await good(request)

    ours = exporter(http, mixpanel, census)
    async with aiohttp.test_utils.TestServer(_app(mixpanel, refusing)) as server:
        ours = exporter(http, mixpanel, census, url=str(server.make_url("")))
        with pytest.raises(PartlyFailed) as failed:
            await ours.send([registered(each) for each in people])

    assert list(failed.value.failures) == [2]
    assert set(mixpanel.profiles) == set(people) - {people[2]}


def _app(mixpanel: Mixpanel, engage: Any) -> aiohttp.web.Application:
    app = aiohttp.web.Application()
    app.add_routes([aiohttp.web.post("/import", mixpanel.on_import), aiohttp.web.post("/engage", engage)])
    return app


async def test_a_preview_shows_the_requests_sends_nothing_and_hides_the_token(
    http: aiohttp.ClientSession, mixpanel: Mixpanel
) -> None:
    census = Census()
    census.register(ANNA)

    shown = await exporter(http, mixpanel, census).preview(registered(ANNA))

    assert [each["POST"] for each in shown] == ["/import", "/engage", "/engage"]
    assert mixpanel.token not in str(shown)
    assert mixpanel.requests == 0
