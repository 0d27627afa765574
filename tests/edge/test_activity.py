"""How active a workspace was by the public contract: who may see it, and what browsers may add."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from schemas.ids import new_id
from tests.edge.client import Api, Json, Person, rectangle, register
from tests.edge.teams import joined, workspace
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

SECONDS = 60.0


async def report(person: Person, place: str, **query: str) -> Json:
    answer = await person.api.get(f"/api/workspaces/{place}/activity", params=query)
    assert answer.status == 200, answer
    return answer.body


async def until(person: Person, place: str, good: Callable[[Json], Any], **query: str) -> Json:
    """The report once it holds what is expected: it is counted beside everything else."""
    async with asyncio.timeout(SECONDS):
        while not good(found := await report(person, place, **query)):  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.1)
    return found


def told(*events: Json, first: int = 0, visit_id: str | None = None) -> Json:
    return {"visit_id": visit_id or new_id(), "first": first, "events": list(events)}


def view(board_id: str | None = None, **more: Any) -> Json:
    data = {"page": "board"} | ({"board_id": board_id} if board_id else {})
    return {"type": "activity.page_viewed", "ago_ms": 0, "data": data, **more}


async def board_in(person: Person, place: str) -> str:
    made = await person.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    assert made.status == 201, made
    return str(made.body["board_id"])


async def draw(person: Person, board_id: str, *names: str) -> None:
    for name in names:
        drawn = await person.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle(id=name)]})
        assert drawn.status == 200, drawn


async def test_what_people_do_is_counted_for_the_board_and_for_its_workspace(api: Api) -> None:
    ada, ben = await register(api, "Ada"), await register(api, "Ben")
    place = await workspace(ada)
    await joined(ada, place, ben, "manager")
    first, second = await board_in(ada, place), await board_in(ben, place)
    await draw(ada, first, "a", "b")
    await draw(ben, second, "c")

    whole = await until(ada, place, lambda found: found["total"]["ops"] == 3)
    assert whole["by"] == "hour"
    assert whole["total"] | {"peak": 0} == {"people": 2, "ops": 3, "sessions": 2, "peak": 0}
    assert 1 <= whole["total"]["peak"] <= 2
    assert {each["name"]: each["ops"] for each in whole["people"]} == {"Ada": 2, "Ben": 1}
    assert sum(each["ops"] for each in whole["items"]) == 3

    for by in ("minute", "hour", "day"):
        one = await until(ada, place, lambda found: found["total"]["ops"] == 2, board_id=first, by=by)
        assert [each["name"] for each in one["people"]] == ["Ada"]
        assert one["by"] == by


async def test_managers_and_admins_see_a_workspace_and_owners_their_boards(api: Api) -> None:
    ada, ben, eve = await register(api, "Ada"), await register(api, "Ben"), await register(api, "Eve")
    place, other = await workspace(ada), await workspace(ada, "Fish")
    await joined(ada, place, ben, "manager")
    await joined(ada, place, eve, "user")
    board = await board_in(eve, place)

    async def asked(person: Person, **query: str) -> tuple[int, str | None]:
        answer = await person.api.get(f"/api/workspaces/{query.pop('place', place)}/activity", params=query)
        return answer.status, None if answer.status == 200 else answer.code

    assert await asked(ada) == (200, None)
    assert await asked(ben) == (200, None)
    assert await asked(eve) == (403, "forbidden")
    assert await asked(eve, board_id=board) == (200, None)
    assert await asked(ada, board_id=board) == (200, None), "an admin is an owner"
    assert await asked(ben, board_id=board) == (404, "not_found"), "a manager has no role on that board"
    assert await asked(ada, board_id=board, place=other) == (404, "not_found"), "it is not in that workspace"
    assert await asked(ben, place=other) == (404, "not_found")
    await eve.api.call("PUT", f"/api/boards/{board}/grants/{ben.user['user_id']}", {"role": "editor"})
    assert await asked(ben, board_id=board) == (403, "forbidden")


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"by": "week"}, "/by"),
        ({"from": "yesterday"}, "/from"),
        ({"to": "2026-05-04"}, "/to"),
        ({"from": "2026-05-04T10:00:00Z", "to": "2026-05-04T10:00:00Z"}, "/from"),
        ({"from": "2026-05-01T00:00:00Z", "to": "2026-05-04T00:00:00Z", "by": "minute"}, "/from"),
        ({"board_id": "mine"}, "/board_id"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_place(ada: Person, query: dict[str, str], path: str) -> None:
    place = (await ada.api.get("/api/workspaces")).body["items"][-1]["workspace_id"]

    answer = await ada.api.get(f"/api/workspaces/{place}/activity", params=query)

    assert (answer.status, answer.code) == (422, "schema_invalid")
    assert answer.body["errors"][0]["path"] == path


async def test_a_range_begins_and_ends_with_whole_windows(ada: Person) -> None:
    place = (await ada.api.get("/api/workspaces")).body["items"][-1]["workspace_id"]
    asked = {"from": "2026-05-04T10:20:30+02:00", "to": "2026-05-05T00:00:01Z", "by": "hour"}

    found = await report(ada, place, **asked)

    assert (found["from"], found["to"]) == ("2026-05-04T08:00:00.000000Z", "2026-05-05T01:00:00.000000Z")
    assert (found["items"], found["people"]) == ([], [])


async def test_a_page_that_is_looked_at_counts_as_being_there(api: Api) -> None:
    ada, eve = await register(api, "Ada"), await register(api, "Eve")
    place = await workspace(ada)
    board = await board_in(ada, place)
    await ada.api.call("PUT", f"/api/boards/{board}/grants/{eve.user['user_id']}", {"role": "viewer"})

    answer = await eve.api.post("/api/activity", told(view(board), view(), view(new_id())))

    assert (answer.status, answer.body) == (200, {"taken": 2, "more": True}), (
        "a board that she does not see is left out"
    )
    found = await until(ada, place, lambda found: found["total"]["people"] == 2, board_id=board)
    assert {each["name"]: each["ops"] for each in found["people"]} == {"Ada": 0, "Eve": 0}


@pytest.mark.parametrize("header", [{"DNT": "1"}, {"Sec-GPC": "1"}])
async def test_who_does_not_want_it_is_not_followed(ada: Person, header: dict[str, str]) -> None:
    answer = await ada.api.call("POST", "/api/activity", told(view()), headers=header)

    assert (answer.status, answer.body) == (200, {"taken": 0, "more": False})


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (view(ago_ms=600_001), "/events/0/ago_ms"),
        (view() | {"type": "boards.draw"}, "/events/0/type"),
        (view() | {"data": {"page": "/b/secret"}}, "/events/0/data/page"),
        (view() | {"data": {"page": "board", "note": "what I typed"}}, "/events/0/data/note"),
        (view() | {"data": {"page": "board", "user_id": new_id()}}, "/events/0/data/user_id"),
    ],
)
async def test_an_event_that_is_not_as_its_schema_says_is_refused(ada: Person, event: Json, path: str) -> None:
    answer = await ada.api.post("/api/activity", told(event))

    assert (answer.status, answer.code) == (422, "schema_invalid"), answer
    assert answer.body["errors"][0]["path"] == path


async def test_an_operator_switches_it_off_thins_it_and_bounds_it(api: Api, product: Product) -> None:
    off = await product.edge(DOSKA_ACTIVITY="off")
    few = await product.edge(DOSKA_ACTIVITY_SAMPLE="0", DOSKA_LIMIT_ACTIVITY_PER_MINUTE="2")
    ada = await register(api, "Ada")

    for edge in (off, few):
        answer = await Api(edge.base_url, api.http, ada.api.token).post("/api/activity", told(view()))
        assert (answer.status, answer.body) == (200, {"taken": 0, "more": False})
    there = Api(few.base_url, api.http, ada.api.token)
    assert (await there.post("/api/activity", told())).status == 200
    refused = await there.post("/api/activity", told())
    assert (refused.status, refused.code) == (429, "rate_limited")
