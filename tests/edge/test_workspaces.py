"""Workspaces and their members, by the public contract."""

import asyncio

import pytest

from tests.edge.client import Api, Person, register
from tests.edge.teams import invited, joined, role_of, workspace

pytestmark = pytest.mark.integration


async def test_a_workspace_is_made_listed_and_renamed(ada: Person, stranger: Person) -> None:
    made = await ada.api.post("/api/workspaces", {"name": "Птицы"})
    path = f"/api/workspaces/{made.body['workspace_id']}"

    renamed = await ada.api.call("PATCH", path, {"name": "Рыбы"})
    listed = (await ada.api.get("/api/workspaces")).body["items"]

    assert made.status == 201
    assert set(made.body) == {"workspace_id", "name", "role", "personal", "created_at"}
    assert (made.body["role"], made.body["personal"]) == ("admin", False)
    assert (renamed.status, renamed.body["name"]) == (200, "Рыбы")
    assert renamed.body in listed
    assert (await ada.api.get(path)).body == renamed.body
    for answer in (await stranger.api.get(path), await stranger.api.call("PATCH", path, {"name": "x"})):
        assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 7}, {"name": "x", "color": "red"}, {"name": "я" * 201}])
async def test_a_workspace_has_a_name_and_nothing_else(ada: Person, body: dict[str, object]) -> None:
    answer = await ada.api.post("/api/workspaces", body)

    assert (answer.status, answer.code) == (422, "schema_invalid")


async def test_members_are_seen_by_members_and_changed_by_admins(ada: Person, grace: Person, stranger: Person) -> None:
    place = await workspace(ada)
    await joined(ada, place, grace)
    path = f"/api/workspaces/{place}/members"

    seen = (await grace.api.get(path)).body["items"]
    changed = await ada.api.call("PATCH", f"{path}/{grace.user_id}", {"role": "manager"})

    assert seen == [
        {"user_id": grace.user_id, "name": "Grace", "email": grace.email, "role": "user"},
        {"user_id": ada.user_id, "name": "Ada", "email": ada.email, "role": "admin"},
    ]
    assert (changed.status, changed.body["role"]) == (200, "manager")
    assert (await stranger.api.get(path)).status == 404
    forbidden = await grace.api.call("PATCH", f"{path}/{ada.user_id}", {"role": "user"})
    assert (forbidden.status, forbidden.code) == (403, "forbidden")
    nobody = await ada.api.call("PATCH", f"{path}/{stranger.user_id}", {"role": "user"})
    assert (nobody.status, nobody.code) == (404, "not_found")


async def test_ownership_goes_on_by_making_another_admin(ada: Person, grace: Person) -> None:
    place = await workspace(ada)
    await joined(ada, place, grace)
    members = f"/api/workspaces/{place}/members"

    stuck = await ada.api.call("DELETE", f"{members}/{ada.user_id}")
    await ada.api.call("PATCH", f"{members}/{grace.user_id}", {"role": "admin"})
    left = await ada.api.call("DELETE", f"{members}/{ada.user_id}")

    assert (stuck.status, stuck.code) == (409, "conflict")
    assert left.status == 204
    assert (await ada.api.get(f"/api/workspaces/{place}")).status == 404
    assert await role_of(grace, place) == "admin"


async def test_two_requests_racing_to_remove_the_last_admin_one_wins(api: Api, ada: Person, grace: Person) -> None:
    third = await register(api, "Third")
    for _ in range(3):
        place = await workspace(ada)
        await joined(ada, place, grace, "admin")
        await joined(ada, place, third)
        members = f"/api/workspaces/{place}/members"

        answers = await asyncio.gather(
            ada.api.call("DELETE", f"{members}/{ada.user_id}"), grace.api.call("DELETE", f"{members}/{grace.user_id}")
        )

        assert sorted(answer.status for answer in answers) == [204, 409], answers
        found = (await third.api.get(members)).body["items"]
        assert [item["role"] for item in found].count("admin") == 1


async def test_a_last_admin_of_others_cannot_end_his_account(api: Api) -> None:
    boss, worker = await register(api, "Boss"), await register(api, "Worker")
    place = await workspace(boss)
    await joined(boss, place, worker)

    stuck = await boss.api.call("DELETE", "/api/me", {"password": boss.password})
    await boss.api.call("PATCH", f"/api/workspaces/{place}/members/{worker.user_id}", {"role": "admin"})
    gone = await boss.api.call("DELETE", "/api/me", {"password": boss.password})

    assert (stuck.status, stuck.code) == (409, "conflict")
    assert gone.status == 204
    items = (await worker.api.get(f"/api/workspaces/{place}/members")).body["items"]
    assert [item["user_id"] for item in items] == [worker.user_id]


async def test_all_roles_make_boards_and_membership_alone_shows_none(ada: Person, grace: Person) -> None:
    place = await workspace(ada)
    await joined(ada, place, grace, "user")

    hers = await grace.api.post("/api/boards", {"title": "Hers", "workspace_id": place})
    his = await ada.api.post("/api/boards", {"title": "His", "workspace_id": place})

    assert (hers.status, hers.body["role"]) == (201, "owner")
    assert (await grace.api.get(f"/api/boards/{his.body['board_id']}")).status == 404
    assert (await ada.api.get(f"/api/boards/{hers.body['board_id']}")).body["role"] == "owner", "as an admin"


async def test_a_guest_has_no_lists_of_workspaces_and_makes_none(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "editor")
    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    guest = api.as_token(opened.body["access_token"])
    place = await workspace(ada)
    _, token = await invited(ada, place)

    for answer in (
        await guest.get("/api/workspaces"),
        await guest.post("/api/workspaces", {"name": "x"}),
        await guest.get(f"/api/workspaces/{place}"),
        await guest.get(f"/api/workspaces/{place}/members"),
        await guest.post(f"/api/invites/{token}/accept", {}),
    ):
        assert (answer.status, answer.code) == (403, "forbidden"), answer
