"""Elements and files by HTTP: caching, compression, large and odd files."""

import asyncio
import io
import json
import secrets
from typing import Any

import aiohttp
import pytest

from edge.http.elements import _is_good, accepts_gzip
from tests.edge.client import Answer, Api, Person, newer, rectangle

pytestmark = pytest.mark.integration
NOWHERE = "01890000-0000-7000-8000-000000000000"


async def draw(person: Person, board_id: str, *elements: dict[str, Any]) -> str:
    """Draw and give the position."""
    answer = await person.api.post(f"/api/boards/{board_id}/elements", {"elements": list(elements)})
    assert answer.status == 200, answer
    return str(answer.body["position"])


async def imported(person: Person, file: Any, *, name: str = "x.excalidraw", query: str = "") -> Answer:
    """Import a file by a form."""
    form = aiohttp.FormData(quote_fields=False)  # browsers write names as they are
    form.add_field("file", io.BytesIO(json.dumps(file).encode()), filename=name, content_type="application/json")
    return await person.api.post(f"/api/boards/import{query}", data=form)


async def elements_of(person: Person, board_id: str, position: str = "") -> list[dict[str, Any]]:
    """What a board shows; of what was drawn just now only what stands before the position."""
    query = f"?min_position={position}" if position else ""
    return (await person.api.get(f"/api/boards/{board_id}/elements{query}")).body["elements"]


async def test_a_changed_board_is_sent_again_and_compressed(ada: Person) -> None:
    board_id = await ada.board()
    first = await draw(ada, board_id, *(rectangle() for _ in range(20)))
    path = f"/api/boards/{board_id}/elements"
    before = await ada.api.get(f"{path}?min_position={first}")
    second = await draw(ada, board_id, rectangle())

    after = await ada.api.get(
        f"{path}?min_position={second}",
        headers={"If-None-Match": f'"other", {before.headers["ETag"]}', "Accept-Encoding": "gzip"},
    )

    assert before.headers["ETag"].startswith('W/"')
    assert after.status == 200
    assert len(after.body["elements"]) == 21
    assert after.headers["Content-Encoding"] == "gzip"
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("time", ["", "-1", "²", "٣", "1e9", "9" * 400, "9" * 5000])
def test_a_tag_with_any_time_in_it_is_no_tag_and_no_mistake(time: str) -> None:
    assert not _is_good(f"content-{time}", "content")


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("identity", False),
        ("", False),
    ],
)
def test_gzip_is_for_those_who_take_it(header: str, *, taken: bool) -> None:
    assert accepts_gzip(header) is taken


async def test_a_storm_of_readers_gets_one_answer_and_a_stranger_in_it_none(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    position = await draw(ada, board_id, *(rectangle() for _ in range(50)))
    await ada.grant(board_id, grace, "viewer")
    path = f"/api/boards/{board_id}/elements"
    await ada.api.get(f"{path}?min_position={position}")

    before = await asyncio.gather(*(person.api.get(path) for person in (ada, grace) for _ in range(10)))
    assert (await ada.api.call("DELETE", f"/api/boards/{board_id}/grants/{grace.user_id}")).status == 204
    after = await asyncio.gather(*(person.api.get(path) for person in (ada, grace) for _ in range(10)))

    assert {answer.status for answer in before} == {200}
    assert len({(answer.headers["ETag"], answer.body["cursor"]) for answer in before}) == 1
    assert [answer.status for answer in after] == [200] * 10 + [404] * 10


async def test_another_question_has_another_tag(ada: Person) -> None:
    board_id = await ada.board()
    position = await draw(ada, board_id, rectangle())
    path = f"/api/boards/{board_id}/elements?min_position={position}"
    whole = await ada.api.get(path)

    delta = await ada.api.get(f"{path}&since={whole.body['cursor']}", headers={"If-None-Match": whole.headers["ETag"]})

    assert (delta.status, delta.body["complete"], delta.body["elements"]) == (200, False, [])


async def test_a_tag_is_for_those_who_may_read(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    seen = await ada.api.get(f"/api/boards/{board_id}/elements")

    other = await grace.api.get(f"/api/boards/{board_id}/elements", headers={"If-None-Match": seen.headers["ETag"]})

    assert other.status == 404


async def test_an_export_is_named_after_its_board(ada: Person) -> None:
    board_id = await ada.board('План "А"/б: 100%')

    answer = await ada.api.get(f"/api/boards/{board_id}/export")

    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="')
    assert "filename*=UTF-8''%D0%9F%D0%BB%D0%B0%D0%BD" in disposition
    assert disposition.isascii()
    assert set(answer.body) == {"type", "version", "source", "elements", "appState", "files"}
    assert (answer.body["type"], answer.body["version"]) == ("excalidraw", 2)


async def test_a_file_of_thousands_of_elements_comes_in_whole_and_in_order(ada: Person) -> None:
    file = {"elements": [{"type": "rectangle", "id": f"e{number}", "x": number} for number in range(2500)]}

    made = await imported(ada, file)

    assert made.status == 201, made
    shown = await elements_of(ada, made.body["board_id"])
    assert [one["x"] for one in shown] == list(range(2500))


async def test_a_bad_element_far_down_the_file_has_its_place_in_the_file(ada: Person) -> None:
    elements = [{"type": "rectangle", "id": f"e{number}"} for number in range(1500)]
    elements[1234] = {"type": "rectangle", "id": "bad", "link": "javascript:alert(1)"}

    answer = await imported(ada, {"elements": elements})

    assert (answer.status, answer.paths) == (422, ["/elements/1234/link"])


async def test_an_element_too_large_has_its_place_too(ada: Person) -> None:
    large = {"type": "rectangle", "id": "b", "customData": {"note": "x" * (256 * 1024)}}

    answer = await imported(ada, {"elements": [{"type": "rectangle", "id": "a"}, large]})

    assert (answer.status, answer.code, answer.paths) == (413, "too_large", ["/elements/1"])


async def test_heavy_files_are_split_by_their_weight(ada: Person) -> None:
    note = "x" * (200 * 1024)
    file = {"elements": [{"type": "rectangle", "id": f"e{n}", "customData": {"note": note}} for n in range(12)]}

    made = await imported(ada, file)

    assert made.status == 201, made
    assert len(await elements_of(ada, made.body["board_id"])) == 12


async def test_tombstones_of_a_file_are_checked_and_left_out(ada: Person) -> None:
    gone = rectangle(isDeleted=True)

    made = await imported(ada, {"elements": [rectangle(), gone]})
    bad = await imported(ada, {"elements": [rectangle(), gone | {"x": "left"}]})

    assert [one["isDeleted"] for one in await elements_of(ada, made.body["board_id"])] == [False]
    assert (bad.status, bad.paths) == (422, ["/elements/1/x"])


async def test_an_empty_file_is_an_empty_board_with_a_position(ada: Person) -> None:
    made = await imported(ada, {"elements": []})

    assert (made.status, await elements_of(ada, made.body["board_id"])) == (201, [])
    path = f"/api/boards/{made.body['board_id']}/elements?min_position={made.body['position']}"
    assert (await ada.api.get(path)).status == 200


@pytest.mark.parametrize(
    ("state", "name", "title"),
    [
        ({"name": "Inside"}, "Outside.excalidraw", "Inside"),
        ({}, "Мой план.excalidraw", "Мой план"),
        ({"name": ""}, "a/b\\c.json", "c"),
        ({"name": 7}, ".excalidraw", "Imported board"),
        ({"name": "x" * 300}, "a", "x" * 200),
        ({"name": "a\tb\u202e"}, "a", "ab"),
    ],
)
async def test_the_title_is_the_files(ada: Person, state: dict[str, Any], name: str, title: str) -> None:
    made = await imported(ada, {"elements": [], "appState": state}, name=name)

    assert (made.status, made.body["title"]) == (201, title)


async def test_a_form_has_one_file(ada: Person) -> None:
    none, two, other = aiohttp.FormData(), aiohttp.FormData(), aiohttp.FormData()
    none.add_field("more", "x", content_type="text/plain")
    other.add_field("file", "{", filename="x")
    for number in range(2):
        two.add_field("file", '{"elements":[]}', filename=f"{number}")

    answers = [await ada.api.post("/api/boards/import", data=form) for form in (none, two)]
    broken = await ada.api.post("/api/boards/import", data=other)
    text = await ada.api.post("/api/boards/import", data=b"{}", headers={"Content-Type": "text/plain"})
    cut = await ada.api.post(
        "/api/boards/import", data=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    unbound = await ada.api.post("/api/boards/import", data=b"x", headers={"Content-Type": "multipart/form-data"})

    assert [(answer.status, answer.paths) for answer in answers] == [(422, ["/file"]), (422, ["/file"])]
    assert (broken.status, broken.code) == (400, "malformed")
    assert (text.status, text.code) == (415, "unsupported_media_type")
    assert {cut.status, unbound.status} <= {400, 422}


async def test_a_file_has_64_mebibytes_at_most(ada: Person) -> None:
    async def pieces() -> Any:
        for _ in range(66):
            yield b" " * (1024 * 1024)

    announced = await ada.api.post(
        "/api/boards/import",
        data=pieces(),
        headers={"Content-Type": "application/json"},
    )

    assert (announced.status, announced.code) == (413, "too_large")


async def test_a_file_above_the_limit_of_other_bodies_is_taken(ada: Person) -> None:
    file = {"elements": [rectangle()], "files": {"a": {"dataURL": "data:" + secrets.token_hex(2 * 1024 * 1024)}}}

    made = await imported(ada, file)

    assert made.status == 201, made


async def test_a_workspace_that_one_is_not_in_is_not_found(ada: Person, grace: Person) -> None:
    theirs = (await grace.api.get("/api/workspaces")).body["items"][0]["workspace_id"]
    board_id = await ada.board()

    answers = [
        await imported(ada, {"elements": []}, query=f"?workspace_id={workspace_id}")
        for workspace_id in (theirs, NOWHERE)
    ] + [
        await ada.api.post("/api/boards", {"title": "x", "workspace_id": theirs}),
        await ada.api.post(f"/api/boards/{board_id}/duplicate", {"workspace_id": theirs}),
    ]

    assert {(answer.status, answer.body["detail"]) for answer in answers} == {(404, answers[0].body["detail"])}
    assert (await imported(ada, {"elements": []}, query="?workspace_id=x")).paths == ["/workspace_id"]


async def test_a_copy_holds_what_lives_and_goes_its_own_way(ada: Person, grace: Person) -> None:
    board_id = await ada.board("Plan")
    kept, gone = rectangle(), rectangle(index="a1")
    await draw(ada, board_id, kept, gone)
    last = await draw(ada, board_id, newer(gone, isDeleted=True))
    await ada.grant(board_id, grace, "viewer")

    copy = await grace.api.post(f"/api/boards/{board_id}/duplicate")
    await draw(grace, copy.body["board_id"], newer(kept, x=999))

    assert (copy.status, copy.body["title"], copy.body["role"]) == (201, "Plan (copy)", "owner")
    assert await elements_of(ada, board_id, last) == [kept]
    assert (await ada.api.get(f"/api/boards/{copy.body['board_id']}")).status == 404
    assert copy.body["workspace_id"] != (await ada.api.get(f"/api/boards/{board_id}")).body["workspace_id"]


async def test_a_board_being_filled_is_seen_by_nobody(ada: Person, api: Api) -> None:
    before = {one["board_id"] for one in (await ada.api.get("/api/boards?limit=200")).body["items"]}

    refused = await imported(ada, {"elements": [rectangle(), rectangle(type="iframe")]})

    assert refused.status == 422
    assert {one["board_id"] for one in (await ada.api.get("/api/boards?limit=200")).body["items"]} == before
