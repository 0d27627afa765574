"""A board leaves as a file with its pictures and its comments, and comes back; junk is refused where it is junk."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.edge.client import Answer, Person, rectangle
from tests.edge.samples import bomb, png

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Json = dict[str, Any]


def embedded(content: bytes, mime: str = "image/png") -> Json:
    """An entry of `files`."""
    return {"mimeType": mime, "id": "x", "dataURL": f"data:{mime};base64,{base64.b64encode(content).decode()}"}


def image(key: str, **more: Any) -> Json:
    """An element that shows an entry."""
    return rectangle(type="image", fileId=key, status="saved", scale=[1, 1], crop=None, **more)


async def imported(who: Person, file: object) -> Answer:
    return await who.api.post("/api/boards/import", file)


async def test_pictures_and_comments_leave_with_the_board_and_pictures_come_back(ada: Person, grace: Person) -> None:
    content, other = png(40, 30), png(30, 40, "navy")
    file = {
        "type": "excalidraw",
        "appState": {"name": "Birds"},
        "elements": [
            image("k/1", index="a0"),
            image("k/1", index="a1"),
            image("two", index="a2"),
            rectangle(index="a3"),
        ],
        "files": {"k/1": embedded(content), "two": embedded(other), "unused": {"dataURL": "junk"}},
    }

    made = await imported(ada, file)
    board_id = made.body["board_id"]
    shown = (await ada.api.get(f"/api/boards/{board_id}/elements")).body["elements"]
    files = [each["fileId"] for each in shown if each["type"] == "image"]
    place = {"anchor": {"x": 1, "y": 2}, "text": "Which bird?"}
    thread = (await ada.api.post(f"/api/boards/{board_id}/comments", place)).body
    out = (await ada.api.get(f"/api/boards/{board_id}/export")).body
    again = await imported(ada, out)
    back = (await ada.api.get(f"/api/boards/{again.body['board_id']}/export")).body

    assert (made.status, made.body["title"]) == (201, "Birds")
    assert files[0] == files[1] != files[2]
    assert set(files).isdisjoint(file["files"])
    location = await ada.api.get(f"/api/files/{files[0]}", allow_redirects=False)
    assert location.status == 302
    assert out["appState"] == {"name": "Birds"}
    assert out["doska"] == {"comments": [thread]}
    held = {file_id: entry["dataURL"] for file_id, entry in out["files"].items()}
    assert held == {files[0]: embedded(content)["dataURL"], files[2]: embedded(other)["dataURL"]}
    # A guest's file has no comments to bring: nobody says things in the name of others.
    assert "doska" not in back
    assert [entry["dataURL"] for entry in back["files"].values()] == list(held.values())
    assert (await grace.api.get(f"/api/files/{files[0]}", allow_redirects=False)).status == 404


@pytest.mark.parametrize(
    "entry",
    [
        {"dataURL": "https://example.org/bird.png"},
        embedded(b"<script>alert(1)</script>", "text/html"),
        embedded(b"no picture at all"),
        embedded(bomb()),
    ],
)
async def test_a_picture_that_is_none_refuses_the_file_at_its_key(ada: Person, entry: Json) -> None:
    before = (await ada.api.get("/api/boards?limit=1")).body["items"]

    answer = await imported(ada, {"elements": [image("k/1")], "files": {"k/1": entry}})

    assert (answer.status, answer.paths) == (422, ["/files/k~11"]), answer
    assert (await ada.api.get("/api/boards?limit=1")).body["items"] == before, "all or nothing"


async def test_half_a_file_is_malformed_and_circles_have_a_path(ada: Person) -> None:
    whole = b'{"type":"excalidraw","elements":[{"type":"rectangle","id":"a","frameId":"a"}]}'
    json = {"Content-Type": "application/json"}

    for length in (1, len(whole) // 2, len(whole) - 1):
        half = await ada.api.call("POST", "/api/boards/import", data=whole[:length], headers=json)
        assert (half.status, half.code) == (400, "malformed"), length
    circle = await ada.api.call("POST", "/api/boards/import", data=whole, headers=json)

    assert (circle.status, circle.paths) == (422, ["/elements/0/frameId"])


async def test_fifty_megabytes_of_junk_are_refused_with_a_path(ada: Person) -> None:
    junk = b'{"elements":[' + b'{"type":"rectangle","id":"a","x":"' + b"x" * (50 * 1024 * 1024) + b'"}]}'

    answer = await ada.api.call(
        "POST", "/api/boards/import", data=io.BytesIO(junk), headers={"Content-Type": "application/json"}
    )

    assert (answer.status, answer.paths) in ((413, ["/elements/0"]), (422, ["/elements/0/x"])), answer


@pytest.mark.parametrize(
    ("element", "path"),
    [
        ({"type": "image", "id": "a", "fileId": []}, "/elements/0/fileId"),
        ({"type": "rectangle", "id": [], "frameId": "a"}, "/elements/0/id"),
    ],
)
async def test_junk_where_a_name_stands_is_refused_at_its_place(ada: Person, element: Json, path: str) -> None:
    answer = await imported(ada, {"elements": [element], "files": {"a": {}}})

    assert (answer.status, answer.paths) == (422, [path]), answer


async def test_files_that_come_slowly_take_nobodys_turn(ada: Person, grace: Person) -> None:
    end, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"elements":['
        begun.release()
        await end.wait()
        yield b"]}"

    json = {"Content-Type": "application/json"}
    async with asyncio.TaskGroup() as group:
        slow = [
            group.create_task(ada.api.call("POST", "/api/boards/import", data=slowly(), headers=json)) for _ in range(3)
        ]
        for _ in slow:
            await begun.acquire()

        # They are on their way when there is no room for another one of hers.
        async with asyncio.timeout(30):
            while (fourth := await imported(ada, {"elements": []})).status == 201:
                pass
        quick = await imported(grace, {"elements": []})
        end.set()

    assert quick.status == 201, quick
    assert (fourth.status, fourth.code) == (429, "rate_limited")
    assert [each.result().status for each in slow] == [201] * 3
