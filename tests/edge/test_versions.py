"""Versions of a board: kept, listed, named, brought back, branched."""

import asyncio
from typing import Any

import pytest

from tests.edge.client import Person, connected, rectangle

pytestmark = pytest.mark.integration
Json = dict[str, Any]
LIMIT_SECONDS = 60


async def draw(who: Person, board_id: str, *elements: Json) -> str:
    """Draw, and the position."""
    answer = await who.api.post(f"/api/boards/{board_id}/elements", {"elements": list(elements)})
    assert answer.status == 200, answer
    return str(answer.body["position"])


async def saved(who: Person, board_id: str, name: str | None = None) -> Json:
    """Save a version."""
    answer = await who.api.post(f"/api/boards/{board_id}/versions", {} if name is None else {"name": name})
    assert answer.status == 201, answer
    return answer.body


async def living(who: Person, board_id: str, **params: str) -> dict[str, Json]:
    """The elements of a board by id. The archive may be behind for a moment: then it says so, and is asked again."""
    async with asyncio.timeout(LIMIT_SECONDS):
        while True:
            answer = await who.api.get(f"/api/boards/{board_id}/elements", params=params)
            if "at" not in params or answer.status != 503:
                break
            await asyncio.sleep(0.05)
    assert answer.status == 200, answer
    return {element["id"]: element for element in answer.body["elements"]}


async def test_a_version_holds_everything_that_was_acknowledged_before(ada: Person) -> None:
    board_id = await ada.board()
    await draw(ada, board_id, rectangle(), rectangle())

    first = await saved(ada, board_id, "Первая")
    await draw(ada, board_id, rectangle())
    second = await saved(ada, board_id)

    assert set(first) >= {"version_id", "name", "kind", "position", "created_at", "created_by"}
    assert (first["name"], first["kind"], first["created_by"]) == ("Первая", "saved", ada.user_id)
    assert (first["elements"], first["changes"], first["author"]) == (2, 2, "Ada")
    assert (second["name"], second["elements"], second["changes"]) == (None, 3, 1)
    page = (await ada.api.get(f"/api/boards/{board_id}/versions", params={"limit": "1"})).body
    rest = (await ada.api.get(f"/api/boards/{board_id}/versions", params={"cursor": page["next"]})).body
    assert (page["items"], rest["items"], rest["next"]) == ([second], [first], None)


async def test_a_version_is_named_and_deleted(ada: Person) -> None:
    board_id = await ada.board()
    version = await saved(ada, board_id)
    path = f"/api/boards/{board_id}/versions/{version['version_id']}"

    named = await ada.api.call("PATCH", path, {"name": "Named"})
    listed = (await ada.api.get(f"/api/boards/{board_id}/versions")).body["items"]
    deleted = await ada.api.call("DELETE", path)

    assert (named.status, deleted.status) == (204, 204)
    assert listed == [{**version, "name": "Named"}]
    assert (await ada.api.get(f"/api/boards/{board_id}/versions")).body["items"] == []
    assert (await ada.api.call("DELETE", path)).code == "not_found"


async def test_a_version_reaches_the_room(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    async with connected(grace.api, grace.token) as socket:
        await socket.send(kind="join", room=f"board:{board_id}", since=None)
        await socket.wait(lambda frame: frame["kind"] == "joined")

        version = await saved(ada, board_id, "Live")

        frame = await socket.wait(
            lambda each: (
                each["kind"] == "events" and any(event["type"] == "boards.version_saved" for event in each["events"])
            )
        )
    [event] = [each for each in frame["events"] if each["type"] == "boards.version_saved"]
    assert (event["data"]["version_id"], event["data"]["name"]) == (version["version_id"], "Live")
    assert "position" not in event["data"], "a place in the log is the server's business"


async def test_who_may_and_when(ada: Person, grace: Person, stranger: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    version = await saved(ada, board_id)
    path = f"/api/boards/{board_id}/versions"
    one = f"{path}/{version['version_id']}"

    for person, codes in ((grace, "forbidden"), (stranger, "not_found")):
        assert (await person.api.post(path, {})).code == codes
        assert (await person.api.call("PATCH", one, {"name": "x"})).code == codes
        assert (await person.api.call("DELETE", one)).code == codes
        assert (await person.api.post(f"{one}/restore", {})).code == codes
    assert [each["version_id"] for each in (await grace.api.get(path)).body["items"]] == [version["version_id"]]
    assert (await stranger.api.get(path)).code == "not_found"

    await ada.api.post(f"/api/boards/{board_id}/archive")
    for method, where, body in (
        ("POST", path, {}),
        ("PATCH", one, {"name": "x"}),
        ("DELETE", one, None),
        ("POST", f"{one}/restore", {}),
    ):
        assert (await ada.api.call(method, where, body)).code == "conflict", (method, where)
    assert (await ada.api.get(path)).status == 200


async def test_what_is_wrong_is_told_with_its_path(ada: Person) -> None:
    board_id = await ada.board()
    path = f"/api/boards/{board_id}/versions"

    for body, where in (({"name": ""}, ["/name"]), ({"name": "x" * 101}, ["/name"]), ({"colour": 1}, ["/colour"])):
        refused = await ada.api.post(path, body)
        assert (refused.code, refused.paths) == ("schema_invalid", where), body
    assert (await ada.api.get(f"{path}?cursor=nonsense")).paths == ["/cursor"]
    nobody = "01890000-0000-7000-8000-000000000000"
    assert (await ada.api.post(f"{path}/{nobody}/restore", {})).code == "not_found"
    assert (await ada.api.post(f"{path}/none/restore", {})).code == "not_found"


async def test_a_version_is_saved_once_per_key(ada: Person) -> None:
    board_id = await ada.board()
    path, headers = f"/api/boards/{board_id}/versions", {"Idempotency-Key": f"versions of {board_id}"}

    answers = [await ada.api.post(path, {"name": "Once"}, headers=headers) for _ in range(2)]

    assert answers[0].body == answers[1].body
    assert len((await ada.api.get(path)).body["items"]) == 1
