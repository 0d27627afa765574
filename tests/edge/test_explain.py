"""Why somebody may do something or not, for those who decide about it."""

import pytest

from tests.edge.client import Api, Person
from tests.edge.teams import joined, workspace

pytestmark = pytest.mark.integration


async def explain(who: Person, permission: str, resource: str, of: Person) -> dict[str, object]:
    query = f"permission={permission}&resource={resource}&user_id={of.user_id}"
    answer = await who.api.get(f"/api/explain?{query}")
    assert answer.status == 200, answer
    return dict(answer.body)


async def test_a_grant_a_link_and_the_workspace_are_told_apart(ada: Person, grace: Person, stranger: Person) -> None:
    board_id = await ada.board()
    board = f"board:{board_id}"
    link = await ada.link(board_id, "editor")
    await ada.grant(board_id, grace, "viewer")

    before = await explain(ada, "board.draw", board, grace)
    await grace.api.post(f"/api/links/{link['token']}/open", {})
    after = await explain(ada, "board.draw", board, grace)
    own = await explain(ada, "board.trash", board, ada)
    none = await explain(ada, "board.view", board, stranger)

    assert (before["allowed"], before["code"], before["role"]) == (False, "forbidden", "viewer")
    assert before["needed"] == ["owner", "editor"]
    assert "higher role" in str(before["why"])
    assert (after["allowed"], after["role"]) == (True, "editor")
    assert [(each["via"], each["role"]) for each in after["reasons"]] == [("grant", "viewer"), ("link", "editor")]
    assert {each["via"] for each in own["reasons"]} == {"grant", "workspace"}
    assert (none["allowed"], none["code"], none["role"], none["reasons"]) == (False, "not_found", None, [])


async def test_the_board_s_condition_is_part_of_the_answer(ada: Person) -> None:
    board_id = await ada.board()
    await ada.api.post(f"/api/boards/{board_id}/archive")

    told = await explain(ada, "board.draw", f"board:{board_id}", ada)

    assert (told["allowed"], told["code"], told["role"]) == (False, "conflict", "owner")
    assert "archived" in str(told["why"])


async def test_in_a_workspace(ada: Person, grace: Person, stranger: Person) -> None:
    place = await workspace(ada)
    await joined(ada, place, grace, "manager")

    assert (await explain(ada, "workspace.invite", f"workspace:{place}", grace))["allowed"] is True
    assert (await explain(ada, "workspace.rename", f"workspace:{place}", grace))["code"] == "forbidden"
    assert (await explain(ada, "workspace.rename", f"workspace:{place}", stranger))["code"] == "not_found"


async def test_only_those_who_decide_are_told(api: Api, ada: Person, grace: Person, stranger: Person) -> None:
    board_id, place = await ada.board(), await workspace(ada)
    await ada.grant(board_id, grace, "editor")
    await joined(ada, place, grace, "manager")
    board, room = (
        f"permission=board.view&resource=board:{board_id}",
        f"permission=workspace.invite&resource=workspace:{place}",
    )
    link = await ada.link(board_id, "editor")
    opened = await api.post(f"/api/links/{link['token']}/open", {})
    guest = api.as_token(opened.body["access_token"])

    for query in (board, room):
        assert (await grace.api.get(f"/api/explain?{query}")).code == "forbidden"
        assert (await stranger.api.get(f"/api/explain?{query}")).code == "not_found"
        assert (await guest.get(f"/api/explain?{query}")).code == "forbidden"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("permission=board.fly&resource=board:{id}", "/permission"),
        ("permission=workspace.invite&resource=board:{id}", "/permission"),
        ("permission=board.view&resource=cupboard:{id}", "/resource"),
        ("permission=board.view", "/resource"),
        ("permission=board.view&resource=board:{id}&user_id=x", "/user_id"),
    ],
)
async def test_a_question_that_makes_no_sense(ada: Person, query: str, path: str) -> None:
    answer = await ada.api.get(f"/api/explain?{query.format(id=ada.user_id)}")

    assert (answer.status, answer.paths) == (422, [path])
