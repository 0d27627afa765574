"""Templates: a board of which the members of its workspace make others, and those that come with the product."""

import secrets

import pytest

from tests.edge.client import Api, Person, rectangle
from tests.edge.teams import joined, workspace

pytestmark = pytest.mark.integration


async def listed(who: Person, query: str = "") -> set[str]:
    return {each["board_id"] for each in (await who.api.get(f"/api/boards?limit=200{query}")).body["items"]}


async def test_members_make_boards_from_a_template_of_their_workspace(
    ada: Person, grace: Person, stranger: Person
) -> None:
    place = await workspace(ada, secrets.token_hex(4))
    await joined(ada, place, grace)
    made = await ada.api.post("/api/boards", {"title": "Our retro", "workspace_id": place})
    board_id = made.body["board_id"]
    await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle(), rectangle(index="a1")]})
    before = await grace.api.get(f"/api/boards/{board_id}")

    marked = await ada.api.call("PUT", f"/api/boards/{board_id}/template", {"template": True})
    seen = await grace.api.get(f"/api/boards/{board_id}")
    copied = await grace.api.post(
        f"/api/boards/{board_id}/duplicate", {"title": "Retro, 12 May", "workspace_id": place}
    )
    elements = (await grace.api.get(f"/api/boards/{copied.body['board_id']}/elements")).body["elements"]

    assert (before.status, marked.status, marked.body["template"]) == (404, 200, True)
    assert (seen.status, seen.body["role"], seen.body["template"]) == (200, "viewer", True)
    assert (copied.status, copied.body["title"], copied.body["template"]) == (201, "Retro, 12 May", False)
    assert len(elements) == 2
    assert board_id in await listed(grace, f"&template=true&workspace_id={place}")
    assert board_id not in await listed(grace), "a template is no board of theirs"
    assert board_id in await listed(ada)
    assert board_id not in await listed(stranger, "&template=true")
    assert (await stranger.api.get(f"/api/boards/{board_id}")).status == 404
    drawn = await grace.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle()]})
    assert drawn.code == "forbidden"


async def test_what_is_no_template_any_more_is_gone_for_members(ada: Person, grace: Person) -> None:
    place = await workspace(ada, secrets.token_hex(4))
    await joined(ada, place, grace)
    board_id = (await ada.api.post("/api/boards", {"title": "T", "workspace_id": place})).body["board_id"]
    for template in (True, False):
        await ada.api.call("PUT", f"/api/boards/{board_id}/template", {"template": template})

    assert (await grace.api.get(f"/api/boards/{board_id}/elements")).status == 404
    assert (await grace.api.post(f"/api/boards/{board_id}/duplicate")).status == 404
    assert board_id not in await listed(grace, "&template=true")


async def test_an_editor_makes_no_template(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")

    assert (await grace.api.call("PUT", f"/api/boards/{board_id}/template", {"template": True})).code == "forbidden"


async def test_a_built_in_template_becomes_a_board(api: Api, ada: Person) -> None:
    items = (await ada.api.get("/api/templates?language=ru")).body["items"]
    assert {each["template"] for each in items} == {"retro", "kanban", "mind_map", "story_map", "brainstorm"}
    for each in items:
        file = (await ada.api.get(f"/api/templates/{each['template']}?language=ru")).body

        made = await ada.api.post("/api/boards/import", file)

        assert (made.status, made.body["title"]) == (201, each["title"])
        elements = (await ada.api.get(f"/api/boards/{made.body['board_id']}/elements")).body["elements"]
        assert len(elements) == len(file["elements"])
    assert (await ada.api.get("/api/templates/none")).status == 404
    assert (await ada.api.get("/api/templates?language=de")).paths == ["/language"]
    assert (await api.get("/api/templates")).status == 401
