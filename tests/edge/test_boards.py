"""Boards, their roles, their links, and their lists."""

import asyncio
import secrets

import pytest

from tests.edge.client import Api, Person, connected, rectangle

pytestmark = pytest.mark.integration


async def test_a_board_is_made_renamed_and_read_at_once(ada: Person) -> None:
    made = await ada.api.post("/api/boards", {"title": "Плоскость"})
    path = f"/api/boards/{made.body['board_id']}"

    renamed = await ada.api.call("PATCH", path, {"title": "Plane"})

    assert made.status == 201
    assert set(made.body) >= {"board_id", "title", "workspace_id", "role", "created_at", "archived"}
    assert (made.body["role"], made.body["archived"]) == ("owner", False)
    assert renamed.status == 200
    assert (await ada.api.get(path)).body == {**made.body, "title": "Plane"}


async def test_a_walk_over_a_list_meets_each_board_once_newest_first(ada: Person) -> None:
    mark = secrets.token_hex(4)
    made = [await ada.board(f"{mark} {number}") for number in range(7)]

    seen: list[str] = []
    cursor = ""
    while True:
        page = (await ada.api.get(f"/api/boards?q={mark}&limit=3{cursor}")).body
        seen += [item["board_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert seen == list(reversed(made))


async def test_a_search_takes_wildcards_as_plain_text_and_ignores_case(ada: Person) -> None:
    mark = secrets.token_hex(4)
    percent = await ada.board(f"{mark} 100% Готово")
    await ada.board(f"{mark} other")

    by_percent = (await ada.api.get("/api/boards", params={"q": f"{mark} 100%"})).body["items"]
    by_case = (await ada.api.get("/api/boards", params={"q": "готово"})).body["items"]
    by_underscore = (await ada.api.get("/api/boards", params={"q": f"{mark}_"})).body["items"]

    assert [item["board_id"] for item in by_percent] == [percent]
    assert percent in [item["board_id"] for item in by_case]
    assert by_underscore == []


async def test_trash_and_archive_come_back_in_that_order(ada: Person) -> None:
    board_id = await ada.board()
    path = f"/api/boards/{board_id}"

    assert (await ada.api.post(f"{path}/archive")).status in (200, 204)
    assert (await ada.api.get(path)).body["archived"] is True
    refused = await ada.api.call("PATCH", path, {"title": "x"})
    draw = await ada.api.post(f"{path}/elements", {"elements": [rectangle()]})
    assert (refused.status, draw.status) == (409, 409)
    assert (await ada.api.call("DELETE", path)).status == 204
    trashed = (await ada.api.get(path)).body
    assert trashed["trashed_at"]
    assert (await ada.api.get(f"{path}/elements")).status == 409
    in_trash = (await ada.api.get("/api/boards?trashed=true&limit=200")).body["items"]
    assert board_id in [item["board_id"] for item in in_trash]

    assert (await ada.api.post(f"{path}/restore")).status in (200, 204)
    assert (await ada.api.get(path)).body["archived"] is True
    assert (await ada.api.post(f"{path}/restore")).status in (200, 204)
    assert (await ada.api.get(path)).body["archived"] is False


async def test_a_trashed_board_is_not_found_for_others(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")

    await ada.api.call("DELETE", f"/api/boards/{board_id}")

    answer = await grace.api.get(f"/api/boards/{board_id}")
    assert (answer.status, answer.code) == (404, "not_found")


async def test_grants_are_listed_changed_and_taken_back(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")

    listed = (await ada.api.get(f"/api/boards/{board_id}/grants")).body["items"]
    mine = (await grace.api.get(f"/api/boards/{board_id}")).body
    left = await grace.api.call("DELETE", f"/api/boards/{board_id}/grants/{grace.user_id}")

    assert {(item["user_id"], item["role"]) for item in listed} == {
        (ada.user_id, "owner"),
        (grace.user_id, "viewer"),
    }
    assert mine["role"] == "viewer"
    assert left.status == 204  # one may always remove oneself
    assert (await grace.api.get(f"/api/boards/{board_id}")).status == 404


async def test_nobody_of_that_id_cannot_be_granted(ada: Person) -> None:
    board_id = await ada.board()
    nobody = "01890000-0000-7000-8000-000000000000"

    answer = await ada.api.call("PUT", f"/api/boards/{board_id}/grants/{nobody}", {"role": "viewer"})

    assert (answer.status, answer.code) == (404, "not_found")


async def test_the_last_owner_of_a_shared_board_stays(ada: Person, grace: Person) -> None:
    # A workspace's admin is an owner of its boards too; the board's own last owner is still kept.
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")

    left = await ada.api.call("DELETE", f"/api/boards/{board_id}/grants/{ada.user_id}")
    lowered = await ada.api.call("PUT", f"/api/boards/{board_id}/grants/{ada.user_id}", {"role": "viewer"})

    assert (left.status, left.code) == (409, "conflict")
    assert (lowered.status, lowered.code) == (409, "conflict")


async def test_a_duplicate_holds_the_same_elements_under_a_new_id(ada: Person) -> None:
    board_id = await ada.board("Plan " + "x" * 195)
    drawn = await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle(), rectangle(index="a1")]})

    copy = await ada.api.post(f"/api/boards/{board_id}/duplicate", {})

    assert (drawn.status, copy.status) == (200, 201)
    assert copy.body["board_id"] != board_id
    assert copy.body["title"] == ("Plan " + "x" * 195 + " (copy)")[:200]
    old = (await ada.api.get(f"/api/boards/{board_id}/elements?min_position={drawn.body['position']}")).body["elements"]
    new = (await ada.api.get(f"/api/boards/{copy.body['board_id']}/elements")).body["elements"]
    assert [e["id"] for e in new] == [e["id"] for e in old]
    assert len(new) == 2


async def test_the_same_idempotency_key_makes_one_board(ada: Person) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}

    answers = [await ada.api.post("/api/boards", {"title": "Once"}, headers=key) for _ in range(3)]
    other = await ada.api.post("/api/boards", {"title": "Twice"}, headers=key)
    long = await ada.api.post("/api/boards", {"title": "Once"}, headers={"Idempotency-Key": "x" * 129})

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["board_id"] for answer in answers}) == 1
    assert all(answer.headers["Idempotency-Key"] == key["Idempotency-Key"] for answer in answers)
    assert (other.status, other.code) == (409, "conflict")
    assert (long.status, long.code, long.paths) == (422, "schema_invalid", [""])


async def test_a_race_on_one_idempotency_key_makes_one_board(ada: Person) -> None:
    mark = secrets.token_hex(6)
    key = {"Idempotency-Key": mark}

    answers = await asyncio.gather(*(ada.api.post("/api/boards", {"title": mark}, headers=key) for _ in range(12)))

    assert {answer.status for answer in answers} <= {201, 409}
    made = {answer.body["board_id"] for answer in answers if answer.status == 201}
    assert len(made) == 1
    assert len((await ada.api.get(f"/api/boards?q={mark}")).body["items"]) == 1


async def test_an_action_can_be_sent_by_its_type(ada: Person) -> None:
    made = await ada.api.post("/api/actions/boards.create_board", {"title": "By type"})
    unknown = await ada.api.post("/api/actions/boards.no_such_thing", {})
    internal = await ada.api.post("/api/actions/identity.register_user", {})

    assert made.status == 201
    assert made.body["title"] == "By type"
    assert unknown.status == internal.status == 404


async def test_a_guest_link_opens_one_board_and_the_guest_stays_himself(api: Api, ada: Person) -> None:
    board_id, other = await ada.board(), await ada.board()
    link = await ada.link(board_id, "editor")
    assert link["url"].endswith(f"/l#{link['token']}")

    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    guest = api.as_token(opened.body["access_token"])
    again = await guest.post(f"/api/links/{link['token']}/open", {})

    assert opened.status == 200
    assert (opened.body["board_id"], opened.body["role"]) == (board_id, "editor")
    assert (await guest.get(f"/api/boards/{board_id}/elements")).status == 200
    assert (await guest.get(f"/api/boards/{other}/elements")).status == 404
    first, second = (
        (await guest.get("/api/me")).body,
        (await api.as_token(again.body["access_token"]).get("/api/me")).body,
    )
    assert (first["user_id"], first["guest"], first["name"]) == (second["user_id"], True, "Guest")
    assert (await guest.post(f"/api/boards/{board_id}/duplicate", {})).status == 403


async def test_a_link_with_a_password_wants_it(api: Api, ada: Person) -> None:
    link = await ada.link(await ada.board(), "viewer", password="open sesame")
    path = f"/api/links/{link['token']}/open"

    missing, wrong = await api.post(path, {"name": "G"}), await api.post(path, {"name": "G", "password": "no"})
    right = await api.post(path, {"name": "G", "password": "open sesame"})

    for answer in (missing, wrong):
        assert (answer.status, answer.code, answer.paths) == (403, "forbidden", ["/password"])
    assert right.status == 200


async def test_link_lists_hold_no_tokens(ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "viewer", password="open sesame")

    listed = await ada.api.get(f"/api/boards/{board_id}/links")

    [item] = listed.body["items"]
    assert (item["link_id"], item["has_password"]) == (link["link_id"], True)
    assert not {"token", "url", "password"} & set(item)


async def test_a_signed_in_visitor_keeps_the_account_and_the_higher_role(ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "editor")
    await ada.grant(board_id, grace, "viewer")

    opened = await grace.api.post(f"/api/links/{link['token']}/open", {})

    assert opened.body["role"] == "editor"
    assert (await grace.api.get(f"/api/boards/{board_id}")).body["role"] == "editor"
    assert (await grace.api.as_token(opened.body["access_token"]).get("/api/me")).body["user_id"] == grace.user_id


async def test_a_revoked_link_is_gone_and_its_tokens_die_within_a_second(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "editor")
    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    token = opened.body["access_token"]

    async with connected(api, token) as socket:
        await socket.join(board_id)
        revoked = await ada.api.call("DELETE", f"/api/boards/{board_id}/links/{link['link_id']}")

        assert revoked.status == 204
        await socket.kind("left", reason="revoked")
        assert await socket.closed() == 4401
    gone = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    assert (gone.status, gone.code) == (410, "gone")
    assert (await api.as_token(token).get(f"/api/boards/{board_id}/elements")).status == 401


@pytest.mark.parametrize("token", ["junk", "a.b", "%2e%2e"])
async def test_a_link_that_never_was_is_not_found(api: Api, token: str) -> None:
    answer = await api.post(f"/api/links/{token}/open", {"name": "Guest"})

    assert (answer.status, answer.code) == (404, "not_found")
