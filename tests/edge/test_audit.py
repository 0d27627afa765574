"""The audit of a workspace: what its admins can see of what was done there."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from tests.edge.client import Api, Json, Person, register
from tests.product import Product

pytestmark = pytest.mark.integration

SECONDS = 60.0


async def workspace_of(person: Person) -> str:
    found: str = (await person.api.get("/api/workspaces")).body["items"][-1]["workspace_id"]
    return found


async def board_of(person: Person, title: str = "Plan") -> str:
    found: str = (await person.api.post("/api/boards", {"title": title})).body["board_id"]
    return found


async def audit(person: Person, workspace: str, **query: str) -> list[Json]:
    answer = await person.api.get(f"/api/workspaces/{workspace}/audit", params={"limit": "200"} | query)
    assert answer.status == 200, answer.body
    items: list[Json] = answer.body["items"]
    return items


async def until(person: Person, workspace: str, good: Callable[[list[Json]], Any]) -> list[Json]:
    """The audit once it holds what is expected; others' reads see a write within seconds."""
    end = asyncio.get_running_loop().time() + SECONDS
    while not good(items := await audit(person, workspace)):
        assert asyncio.get_running_loop().time() < end, types(items)
        await asyncio.sleep(0.05)
    return items


def types(items: list[Json]) -> list[str]:
    return [item["type"] for item in items]


async def lines(person: Person, workspace: str, **query: str) -> list[Json]:
    api, headers = person.api, {"Authorization": f"Bearer {person.api.token}"}
    url = f"{api.base_url}/api/workspaces/{workspace}/audit/export"
    async with api.http.get(url, params=query, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
        assert "attachment" in answer.headers["Content-Disposition"]
        return [orjson.loads(line) for line in (await answer.read()).split(b"\n") if line]


async def test_an_admin_sees_who_did_what_when_from_where_and_on_what(api: Api) -> None:
    ada = await register(api, "Ada")
    workspace, board = await workspace_of(ada), await board_of(ada)
    await ada.api.call("PATCH", f"/api/boards/{board}", {"title": "Ретро"}, headers={"User-Agent": "never mind"})

    items = await until(ada, workspace, lambda items: "boards.board_renamed" in types(items))

    assert {"workspaces.workspace_created", "workspaces.member_joined", "boards.board_created"} <= set(types(items))
    renamed = items[0]
    assert renamed["type"] == "boards.board_renamed"
    assert (renamed["actor"], renamed["actor_name"], renamed["subject"]) == (ada.user["user_id"], "Ada", board)
    assert {"board_id": board, "title": "Ретро"}.items() <= renamed["data"].items()
    assert (renamed["session_id"], renamed["link_id"], renamed["address"]) == (ada.session_id, None, "127.0.0.1")
    # Of the session, not of the request: where somebody logged in.
    assert renamed["client"].startswith("Python/")
    assert renamed["traceparent"]
    assert renamed["correlation_id"] != renamed["audit_id"]
    assert not [item for item in items if item["type"].startswith("identity.")]


async def test_what_was_answered_is_there_at_once(api: Api) -> None:
    ada = await register(api, "Ada")
    workspace = await workspace_of(ada)

    for number in range(1, 6):
        await board_of(ada, f"Board {number}")
        assert types(await audit(ada, workspace)).count("boards.board_created") == number
    assert types(await lines(ada, workspace)).count("boards.board_created") == 5


async def test_pages_hold_each_entry_once_newest_first(api: Api) -> None:
    ada = await register(api, "Ada")
    workspace = await workspace_of(ada)
    for n in range(7):
        await board_of(ada, f"Board {n}")
    whole = await until(ada, workspace, lambda items: types(items).count("boards.board_created") == 7)

    walked, cursor = [], {}
    while cursor is not None:
        page = (await ada.api.get(f"/api/workspaces/{workspace}/audit", params={"limit": "2"} | cursor)).body
        walked += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None

    assert walked == whole
    assert [item["time"] for item in whole] == sorted((item["time"] for item in whole), reverse=True)


async def test_filters_by_actor_type_and_time(api: Api) -> None:
    ada, grace = await register(api, "Ada"), await register(api, "Grace")
    workspace, board = await workspace_of(ada), await board_of(ada)
    grant = {"role": "editor"}
    await ada.api.call("PUT", f"/api/boards/{board}/grants/{grace.user['user_id']}", grant)
    await grace.api.call("PATCH", f"/api/boards/{board}", {"title": "Hers"})
    items = await until(ada, workspace, lambda items: "boards.board_renamed" in types(items))

    by_grace = await audit(ada, workspace, actor=grace.user["user_id"])
    granted = await audit(ada, workspace, type="boards.role_granted")
    at = items[0]["time"]
    after = (datetime.fromisoformat(at) + timedelta(milliseconds=1)).isoformat()

    assert types(by_grace) == ["boards.board_renamed"]
    assert [item["data"]["user_id"] for item in granted] == [grace.user["user_id"]]
    assert await audit(ada, workspace, **{"from": at}) == [item for item in items if item["time"] >= at]
    assert await audit(ada, workspace, to=at) == [item for item in items if item["time"] < at]
    assert await audit(ada, workspace, **{"from": after}) == []


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"actor": "ada"}, "/actor"),
        ({"type": "Everything"}, "/type"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-05-04T10:11:12"}, "/from"),
        ({"to": "2026-13-04T10:11:12Z"}, "/to"),
        ({"limit": "0"}, "/limit"),
        ({"cursor": "x"}, "/cursor"),
    ],
)
async def test_a_bad_question_is_refused_with_its_path(ada: Person, query: dict[str, str], path: str) -> None:
    answer = await ada.api.get(f"/api/workspaces/{await workspace_of(ada)}/audit", params=query)

    assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", [path])


@pytest.mark.parametrize("path", ["audit", "audit/export"])
async def test_strangers_and_guests_learn_nothing(api: Api, ada: Person, stranger: Person, path: str) -> None:
    workspace, board = await workspace_of(ada), await board_of(ada)
    link = (await ada.api.post(f"/api/boards/{board}/links", {"role": "editor"})).body["token"]
    guest = api.as_token((await api.post(f"/api/links/{link}/open", {})).body["access_token"])

    refused = await stranger.api.get(f"/api/workspaces/{workspace}/{path}")
    assert (refused.status, refused.code) == (404, "not_found")
    # Guests are refused before anything is looked up: the same for what exists and for what does not.
    for some in (workspace, board):
        refused = await guest.get(f"/api/workspaces/{some}/{path}")
        assert (refused.status, refused.code) == (403, "forbidden")
    assert (await ada.api.get(f"/api/workspaces/{board}/{path}")).status == 404
    assert (await api.get(f"/api/workspaces/{workspace}/{path}")).status == 401


async def test_the_export_is_the_chain_and_can_be_checked_by_anybody(api: Api) -> None:
    ada = await register(api, "Ada")
    workspace, board = await workspace_of(ada), await board_of(ada, "Ретро \u2028 🙂")
    await ada.api.post(f"/api/boards/{board}/archive")
    await until(ada, workspace, lambda items: "boards.board_archived" in types(items))

    found = await lines(ada, workspace)

    before = bytes(32)
    for number, line in enumerate(found, start=1):
        row = {
            "form": 1,
            "fact_id": line["audit_id"],
            "data": orjson.dumps(line["data"], option=orjson.OPT_SORT_KEYS).decode(),
            **{name: line[name] for name in ("chain", "seq", "type", "schema", "time", "actor", "subject")},
            **{name: line[name] for name in ("session_id", "link_id", "correlation_id", "traceparent")},
        }
        before = hashlib.sha256(before + orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest()
        assert (line["chain"], line["seq"], line["hash"]) == (workspace, number, before.hex())
    assert len(found) >= 4
    assert types(await lines(ada, workspace, type="boards.board_archived")) == ["boards.board_archived"]


async def test_an_erased_person_leaves_what_they_did_and_no_name(api: Api, product: Product) -> None:
    ada, grace = await register(api, "Ada"), await register(api, "Grace Brewster")
    workspace, board = await workspace_of(ada), await board_of(ada)
    await ada.api.call("PUT", f"/api/boards/{board}/grants/{grace.user['user_id']}", {"role": "editor"})
    await grace.api.call("PATCH", f"/api/boards/{board}", {"title": "Hers"})
    [before] = [
        item
        for item in await until(ada, workspace, lambda items: "boards.board_renamed" in types(items))
        if item["type"] == "boards.board_renamed"
    ]

    assert (await grace.api.call("DELETE", "/api/me", {"password": grace.password})).status == 204
    items = await until(ada, workspace, lambda items: "boards.role_revoked" in types(items))
    [after] = [item for item in items if item["type"] == "boards.board_renamed"]

    gone = {"actor_name": None, "client": None, "address": None}
    assert before["actor_name"] == "Grace Brewster"
    assert after == before | gone
    everything = orjson.dumps(await lines(ada, workspace)).decode()
    assert "Brewster" not in everything
    assert grace.email not in everything
    verify = await product.spawn("audit", "audit", "verify", "--workspace", workspace)
    assert await verify.process.wait() == 0, verify.tail()
    assert "good" in verify.tail()
