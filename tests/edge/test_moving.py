"""A workspace leaves for a folder and comes back whole, somewhere else."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from edge.settings import EdgeSettings
from jobs.moving.arriving import arrive
from jobs.moving.leaving import leave
from tests.edge.client import Api, Person, rectangle, register
from tests.edge.samples import png
from tests.edge.teams import workspace
from tests.edge.test_in_and_out import embedded, image, imported
from tests.product import Product
from tests.stack import settings_from
from topics.errors import Misconfigured

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
Json = dict[str, Any]


@pytest.fixture
def settings(product: Product) -> EdgeSettings:
    return settings_from(product.environment, EdgeSettings)


async def furnished(api: Api, ada: Person, grace: Person) -> str:
    """A workspace with a board of everything, an archived one and a template; its id."""
    place = await workspace(ada, "Leaving")
    file = {
        "appState": {"name": "Всё сразу"},
        "elements": [image("p", index="a0"), rectangle(index="a1", groupIds=["g"]), rectangle(index="a2", version=9)],
        "files": {"p": embedded(png())},
    }
    made = await ada.api.post(f"/api/boards/import?workspace_id={place}", file)
    assert made.status == 201, made
    board_id = made.body["board_id"]
    await ada.grant(board_id, grace, "commenter")
    link = await ada.link(board_id, "commenter")
    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Гость"})
    path = f"/api/boards/{board_id}/comments"
    anchor = {"x": 1.5, "y": -2, "element_id": file["elements"][1]["id"], "dx": 3, "dy": 4}
    thread = await ada.api.post(path, {"anchor": anchor, "text": "Grace?", "mention": [grace.user_id]})
    replies = f"{path}/{thread.body['thread_id']}/replies"
    said = await grace.api.post(replies, {"text": "Yes"})
    mine = said.body["comments"][1]["comment_id"]
    await grace.api.call("PATCH", f"{replies}/{mine}", {"text": "Yes!"})
    await api.as_token(opened.body["access_token"]).post(replies, {"text": "И я"})
    other = await grace.api.post(path, {"anchor": {"x": 0, "y": 0}, "text": "Done with this"})
    await grace.api.post(f"{path}/{other.body['thread_id']}/resolve")
    for title, route in (("Old", ("POST", "archive", {})), ("Model", ("PUT", "template", {"template": True}))):
        board = (await ada.api.post("/api/boards", {"title": title, "workspace_id": place})).body["board_id"]
        await ada.api.post(f"/api/boards/{board}/elements", {"elements": [rectangle()]})
        method, name, body = route
        assert (await ada.api.call(method, f"/api/boards/{board}/{name}", body)).status == 200
    return place


def whole(folder: Path) -> list[Json]:
    """What a folder holds, without what is another in every place: ids of boards, files and comments."""
    index = orjson.loads((folder / "index.json").read_bytes())
    return [
        {
            **{name: board[name] for name in ("title", "archived", "template")},
            **_content(orjson.loads((folder / f"boards/{board['board_id']}.excalidraw").read_bytes())),
        }
        for board in index["boards"]
    ]


def _content(file: Json) -> Json:
    pictures = {key: entry["dataURL"] for key, entry in file["files"].items()}
    elements = [{**each, "fileId": pictures.get(each.get("fileId"))} for each in file["elements"]]
    comments = file.get("doska", {}).get("comments", [])
    return {"elements": elements, "comments": [_thread(each) for each in comments]}


def _thread(thread: Json) -> Json:
    kept = {name: thread[name] for name in ("anchor", "started_at", "resolved")}
    return {**kept, "comments": [_comment(each) for each in thread["comments"]]}


def _comment(comment: Json) -> Json:
    # A guest is nobody elsewhere; his name comes along.
    names = ("author_name", "text", "mention", "written_at", "edited_at")
    return {name: comment[name] for name in names}


async def test_a_workspace_leaves_and_comes_back_whole(
    api: Api, ada: Person, grace: Person, settings: EdgeSettings, tmp_path: Path
) -> None:
    place, new = await furnished(api, ada, grace), await workspace(grace, "Arriving")
    lines: list[str] = []

    await leave(settings, tmp_path / "out", place, lines.append)
    made = await arrive(settings, tmp_path / "out", grace.email, new, lines.append)
    again = await arrive(settings, tmp_path / "out", grace.email, new, lines.append)
    await leave(settings, tmp_path / "back", new, lines.append)

    before, after = whole(tmp_path / "out"), whole(tmp_path / "back")
    assert [board["title"] for board in before] == ["Всё сразу", "Old", "Model"]
    assert after == before
    assert len(before[0]["comments"]) == 2
    assert [each["author_name"] for each in before[0]["comments"][1]["comments"]] == ["Ada", "Grace", "Гость"]
    assert again == made, "a second run makes nothing twice"
    first = (await grace.api.get(f"/api/boards/{made[next(iter(made))]}")).body
    assert (first["role"], first["workspace_id"]) == ("owner", new)


async def test_half_a_folder_and_a_spoilt_file_are_named(
    ada: Person, grace: Person, settings: EdgeSettings, tmp_path: Path
) -> None:
    place = await workspace(ada, "Half")
    for title in ("One", "Two"):
        await ada.api.post("/api/boards", {"title": title, "workspace_id": place})
    out = tmp_path / "out"
    await leave(settings, out, place, lambda _: None)
    boards = orjson.loads((out / "index.json").read_bytes())["boards"]

    async def refusal(folder: Path) -> str:
        with pytest.raises(Misconfigured) as refused:
            await arrive(settings, folder, grace.email, None, lambda _: None)
        return str(refused.value)

    half, spoilt, junk = (shutil.copytree(out, tmp_path / name) for name in ("half", "spoilt", "junk"))
    (half / "index.json").unlink()
    spoilt_file = spoilt / f"boards/{boards[0]['board_id']}.excalidraw"
    spoilt_file.write_bytes(spoilt_file.read_bytes()[:-2])
    (junk / "index.json").write_text('{"doska": 1, "boards": [{}]}')

    assert "half/index.json: is not there" in await refusal(half)
    assert f"{spoilt_file}: is not what was written" in await refusal(spoilt)
    assert "junk/index.json: /people: is missing; /boards/0/board_id: is missing" in await refusal(junk)
    with pytest.raises(Misconfigured, match="must be an empty folder"):
        await leave(settings, out, place, lambda _: None)
    with pytest.raises(Misconfigured, match="no account"):
        await arrive(settings, out, "nobody@example.org", None, lambda _: None)


async def test_a_bad_element_in_a_folder_has_its_file_and_its_place(
    api: Api, settings: EdgeSettings, tmp_path: Path
) -> None:
    who = await register(api, "Mover")
    assert (await imported(who, {"elements": [rectangle()]})).status == 201
    [place] = [each["workspace_id"] for each in (await who.api.get("/api/workspaces")).body["items"]]
    out = tmp_path / "out"
    [board] = await leave(settings, out, place, lambda _: None)
    path = out / board.file
    file = orjson.loads(path.read_bytes())
    file["elements"][0]["link"] = "javascript:alert(1)"
    path.write_bytes(orjson.dumps(file))
    index = orjson.loads((out / "index.json").read_bytes())
    index["boards"][0]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (out / "index.json").write_bytes(orjson.dumps(index))

    with pytest.raises(Misconfigured) as refused:
        await arrive(settings, out, who.email, None, lambda _: None)

    assert f"{board.file}: /elements/0/link" in str(refused.value)
    assert "0 of 1 boards were made" in str(refused.value)
