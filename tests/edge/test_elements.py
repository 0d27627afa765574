"""Elements by HTTP, and whole boards in and out."""

import asyncio
import json
import math

import aiohttp
import pytest

from tests.edge.client import Answer, Person, newer, rectangle

pytestmark = pytest.mark.integration


async def draw(person: Person, board_id: str, *elements: dict) -> Answer:
    """Draw by HTTP."""
    return await person.api.post(f"/api/boards/{board_id}/elements", {"elements": list(elements)})


async def read(person: Person, board_id: str, query: str = "") -> dict:
    """The elements of a board."""
    answer = await person.api.get(f"/api/boards/{board_id}/elements{query}")
    assert answer.status == 200, answer
    return answer.body


async def test_what_was_drawn_is_read_with_its_position(ada: Person) -> None:
    board_id = await ada.board()
    second, first = rectangle(index="a1"), rectangle(index="a0")

    drawn = await draw(ada, board_id, second, first)
    body = await read(ada, board_id, f"?min_position={drawn.body['position']}")

    assert set(body) >= {"board_id", "epoch", "cursor", "position", "complete", "elements"}
    assert body["complete"] is True
    assert body["elements"] == [first, second]


async def test_the_higher_version_wins_and_at_a_tie_the_lower_nonce(ada: Person) -> None:
    board_id = await ada.board()
    old = rectangle(version=5, versionNonce=50)
    lower = old | {"version": 4, "x": 1}
    higher_nonce = old | {"versionNonce": 51, "x": 2}
    lower_nonce = old | {"versionNonce": 49, "x": 3}
    same = lower_nonce | {"x": 4}

    for element in (old, lower, higher_nonce, lower_nonce, same):
        last = await draw(ada, board_id, element)
    body = await read(ada, board_id, f"?min_position={last.body['position']}")

    assert body["elements"] == [lower_nonce]


async def test_a_delta_since_a_cursor_holds_what_changed_and_the_tombstones(ada: Person) -> None:
    board_id = await ada.board()
    kept, deleted = rectangle(), rectangle(index="a1")
    first = await draw(ada, board_id, kept, deleted)
    before = await read(ada, board_id, f"?min_position={first.body['position']}")
    gone = newer(deleted, isDeleted=True)
    second = await draw(ada, board_id, gone)

    delta = await read(ada, board_id, f"?since={before['cursor']}&min_position={second.body['position']}")
    plain = await read(ada, board_id)

    assert delta["complete"] is False
    assert delta["elements"] == [gone]
    assert plain["elements"] == [kept]


async def test_a_cursor_or_position_of_another_board_is_refused(ada: Person) -> None:
    one, two = await ada.board(), await ada.board()
    position = (await draw(ada, two, rectangle())).body["position"]
    cursor = (await read(ada, two))["cursor"]

    for query, path in [
        (f"since={cursor}", "/since"),
        ("since=junk", "/since"),
        (f"min_position={position}", "/min_position"),
        ("min_position=junk", "/min_position"),
        (f"since={cursor}&at=now", "/at"),
    ]:
        answer = await ada.api.get(f"/api/boards/{one}/elements?{query}")
        assert (answer.status, answer.code) == (422, "schema_invalid"), (query, answer)
        assert path in answer.paths


async def test_an_unchanged_board_answers_not_modified(ada: Person) -> None:
    board_id = await ada.board()
    position = (await draw(ada, board_id, rectangle())).body["position"]
    first = await ada.api.get(f"/api/boards/{board_id}/elements?min_position={position}")

    again = await ada.api.get(f"/api/boards/{board_id}/elements", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status == 304


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "iframe"}, "/elements/0/type"),
        ({"type": "magicframe"}, "/elements/0/type"),
        ({"foreign": 1}, "/elements/0/foreign"),
        ({"link": "javascript:alert(1)"}, "/elements/0/link"),
        ({"link": "//evil.example"}, "/elements/0/link"),
        ({"link": "java&#115;cript:alert(1)"}, "/elements/0/link"),
        ({"link": "data:text/html,x"}, "/elements/0/link"),
        ({"index": "zz"}, "/elements/0/index"),
        ({"index": None}, "/elements/0/index"),
        ({"version": 2**30 + 1}, "/elements/0/version"),
        ({"versionNonce": -1}, "/elements/0/versionNonce"),
        ({"width": "abc"}, "/elements/0/width"),
        ({"strokeColor": "url(x)"}, "/elements/0/strokeColor"),
        ({"id": ""}, "/elements/0/id"),
        ({"type": "embeddable", "link": "https://not-allowed.example/x"}, "/elements/0/link"),
    ],
)
async def test_a_bad_element_is_refused_with_its_path(ada: Person, change: dict[str, object], path: str) -> None:
    board_id = await ada.board()

    answer = await draw(ada, board_id, rectangle(**change))

    assert (answer.status, answer.code) == (422, "schema_invalid"), answer
    assert path in answer.paths
    assert (await read(ada, board_id))["elements"] == []


async def test_what_no_json_number_can_hold_is_refused(ada: Person) -> None:
    board_id = await ada.board()
    raw = json.dumps({"elements": [rectangle(x=math.pi)]}).replace(str(math.pi), "1e999").encode()

    answer = await ada.api.post(
        f"/api/boards/{board_id}/elements", data=raw, headers={"Content-Type": "application/json"}
    )

    assert (answer.status, answer.code) == (422, "schema_invalid")
    assert "/elements/0/x" in answer.paths


async def test_an_op_has_limits(ada: Person) -> None:
    board_id = await ada.board()
    twice = rectangle()
    large = rectangle(customData={"note": "x" * (256 * 1024)})

    empty = await draw(ada, board_id)
    doubled = await draw(ada, board_id, twice, twice)
    many = await draw(ada, board_id, *(rectangle() for _ in range(1001)))
    heavy = await draw(ada, board_id, rectangle(), large)

    assert (empty.status, empty.paths) == (422, ["/elements"])
    assert (doubled.status, doubled.paths) == (422, ["/elements/1/id"])
    assert (many.status, many.paths) == (422, ["/elements"])
    assert (heavy.status, heavy.code, heavy.paths) == (413, "too_large", ["/elements/1"])


async def test_a_board_goes_out_and_comes_in_whole(ada: Person) -> None:
    board_id = await ada.board("Whole")
    position = (await draw(ada, board_id, rectangle(), rectangle(index="a1"))).body["position"]
    await read(ada, board_id, f"?min_position={position}")

    out = await ada.api.get(f"/api/boards/{board_id}/export")
    assert out.headers["Content-Type"].startswith("application/vnd.excalidraw+json")
    file = out.body if isinstance(out.body, dict) else json.loads(out.body)
    back = await ada.api.post(
        "/api/boards/import",
        data=json.dumps(file).encode(),
        headers={"Content-Type": "application/vnd.excalidraw+json"},
    )

    assert file["type"] == "excalidraw"
    assert back.status == 201, back
    assert back.body["position"]
    assert (await read(ada, back.body["board_id"]))["elements"] == (await read(ada, board_id))["elements"]


async def test_an_import_gives_defaults_keeps_the_unknown_and_mends_ids(ada: Person) -> None:
    file = {
        "elements": [
            {"id": "a b", "type": "rectangle", "x": 1, "y": 2, "width": 10, "height": 10, "index": None, "odd": [1]},
            {
                "type": "text",
                "id": "t1",
                "x": 1,
                "y": 2,
                "width": 10,
                "height": 10,
                "text": "hi",
                "containerId": "a b",
            },
        ]
    }
    form = aiohttp.FormData()
    form.add_field("file", json.dumps(file), filename="old.excalidraw", content_type="application/json")

    made = await ada.api.post("/api/boards/import", data=form)

    assert made.status == 201, made
    elements = (await read(ada, made.body["board_id"]))["elements"]
    shape = next(e for e in elements if e["type"] == "rectangle")
    text = next(e for e in elements if e["type"] == "text")
    assert shape["id"] != "a b"
    assert text["id"] == "t1"
    assert text["containerId"] == shape["id"]
    assert shape["customData"]["odd"] == [1]
    assert isinstance(shape["index"], str)


@pytest.mark.parametrize(
    ("file", "status", "path"),
    [
        ({"elements": "no"}, 422, "/elements"),
        ({"type": "excalidrawlib", "elements": []}, 422, "/type"),
        ([], 422, ""),
        (
            {"elements": [{"type": "rectangle", "id": "a", "x": 1, "y": 1}, {"type": "iframe", "id": "b"}]},
            422,
            "/elements/1/type",
        ),
        ({"elements": [{"type": "rectangle", "id": "a", "x": "left", "y": 1}]}, 422, "/elements/0/x"),
    ],
)
async def test_one_refused_element_refuses_the_whole_file(ada: Person, file: object, status: int, path: str) -> None:
    before = len((await ada.api.get("/api/boards?limit=200")).body["items"])

    answer = await ada.api.post(
        "/api/boards/import", data=json.dumps(file).encode(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status, path in answer.paths) == (status, True), answer
    assert len((await ada.api.get("/api/boards?limit=200")).body["items"]) == before


async def test_schemas_documents_and_health_are_open(ada: Person) -> None:
    listed = (await ada.api.get("/api/schemas")).body["items"]
    one = await ada.api.get("/api/schemas/boards.draw")
    paths = (await ada.api.get("/openapi.json")).body["paths"]
    channels = (await ada.api.get("/asyncapi.json")).body

    assert any(item["type"] == "boards.draw" and item["kind"] == "op" for item in listed)
    assert one.body["title"]
    assert "/api/boards/{board_id}/elements" in paths
    assert channels["asyncapi"].startswith("3.")
    for path in ("/healthz", "/docs"):
        assert (await ada.api.get(path)).status == 200
    # On a loaded machine an edge may be a moment behind its tail of rights, and says so.
    async with asyncio.timeout(30):
        while (await ada.api.get("/readyz")).status != 200:  # noqa: ASYNC110 - a test watches from outside
            await asyncio.sleep(0.05)
