"""Board grants by e-mail address, pending ones, and the count of a link's uses, by the public contract."""

import secrets

import pytest

from tests.edge.client import Api, Person, register

pytestmark = pytest.mark.integration


async def register_as(api: Api, email: str) -> Api:
    """An account with this address."""
    body = {"email": email, "password": "correct horse battery", "name": "Invited"}
    answer = await api.post("/api/auth/register", body)
    assert answer.status == 201, answer
    return api.as_token(answer.body["access_token"])


def unknown() -> str:
    """An address that nobody has."""
    return f"{secrets.token_hex(6)}@example.net"


async def test_a_known_address_gets_a_grant(ada: Person, grace: Person) -> None:
    board_id = await ada.board()

    granted = [
        await ada.api.post(f"/api/boards/{board_id}/grants", {"email": grace.email.upper(), "role": "editor"})
        for _ in range(2)
    ]

    assert [answer.status for answer in granted] == [201, 201]
    assert granted[0].body == {"user_id": grace.user_id, "name": "Grace", "email": grace.email, "role": "editor"}
    assert (await grace.api.get(f"/api/boards/{board_id}")).body["role"] == "editor"


async def test_an_unknown_address_waits_as_an_invite_and_gives_the_role_without_a_membership(
    api: Api, ada: Person, stranger: Person
) -> None:
    board_id, email = await ada.board(), unknown()
    path = f"/api/boards/{board_id}/grants"

    invited = await ada.api.post(path, {"email": email, "role": "commenter"})
    [waiting] = [item for item in (await ada.api.get(path)).body["items"] if item.get("pending")]
    token = invited.body["token"]
    wrong = await stranger.api.post(f"/api/invites/{token}/accept", {})
    guest = await register_as(api, email.upper())
    taken = await guest.post(f"/api/invites/{token}/accept", {})
    again = await guest.post(f"/api/invites/{token}/accept", {})

    assert invited.status == 202
    assert set(invited.body) >= {"invite_id", "token", "url", "expires_at"}
    assert (waiting["email"], waiting["role"], waiting["invite_id"]) == (email, "commenter", invited.body["invite_id"])
    assert "user_id" not in waiting
    assert token not in str(waiting)
    assert (wrong.status, wrong.code) == (403, "forbidden")
    assert (taken.status, taken.body["board_id"], taken.body["role"]) == (200, board_id, "commenter")
    assert (again.status, again.code) == (410, "gone")
    items = (await ada.api.get(path)).body["items"]
    assert not any(item.get("pending") for item in items)
    assert "commenter" in [item["role"] for item in items]
    workspace_id = taken.body["workspace_id"]
    assert (await guest.get(f"/api/workspaces/{workspace_id}")).status == 404, "a role on the board, no membership"


async def test_a_pending_grant_is_taken_back_like_a_grant(api: Api, ada: Person) -> None:
    board_id, email = await ada.board(), unknown()
    path = f"/api/boards/{board_id}/grants"
    invited = (await ada.api.post(path, {"email": email, "role": "editor"})).body

    removed = await ada.api.call("DELETE", f"{path}/{invited['invite_id']}")
    guest = await register_as(api, email)
    late = await guest.post(f"/api/invites/{invited['token']}/accept", {})

    assert removed.status == 204
    assert (late.status, late.code) == (410, "gone")
    assert not any(item.get("pending") for item in (await ada.api.get(path)).body["items"])


async def test_a_second_invite_for_an_address_takes_the_place_of_the_first(api: Api, ada: Person) -> None:
    board_id, email = await ada.board(), unknown()
    path = f"/api/boards/{board_id}/grants"

    first = (await ada.api.post(path, {"email": email, "role": "viewer"})).body
    second = (await ada.api.post(path, {"email": email.upper(), "role": "editor"})).body
    guest = await register_as(api, email)

    assert (await guest.post(f"/api/invites/{first['token']}/accept", {})).status == 410
    assert (await guest.post(f"/api/invites/{second['token']}/accept", {})).body["role"] == "editor"


async def test_only_owners_give_roles_by_address(ada: Person, grace: Person, stranger: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")
    body = {"email": unknown(), "role": "viewer"}

    low = await grace.api.post(f"/api/boards/{board_id}/grants", body)
    none = await stranger.api.post(f"/api/boards/{board_id}/grants", body)

    assert (low.status, low.code) == (403, "forbidden")
    assert (none.status, none.code) == (404, "not_found")


@pytest.mark.parametrize("body", [{"role": "viewer"}, {"email": "x@y.zz"}, {"email": "nonsense", "role": "viewer"}])
async def test_a_grant_by_address_has_an_address_and_a_role(ada: Person, body: dict[str, str]) -> None:
    answer = await ada.api.post(f"/api/boards/{await ada.board()}/grants", body)

    assert (answer.status, answer.code) == (422, "schema_invalid")


async def test_a_link_counts_the_people_who_came_through_it(api: Api, ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "viewer")
    assert link["uses"] == 0

    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    back = api.as_token(opened.body["access_token"])
    await back.post(f"/api/links/{link['token']}/open", {})
    await api.post(f"/api/links/{link['token']}/open", {"name": "Another"})
    await grace.api.post(f"/api/links/{link['token']}/open", {})
    await grace.api.post(f"/api/links/{link['token']}/open", {})

    [listed] = (await ada.api.get(f"/api/boards/{board_id}/links")).body["items"]
    assert listed["uses"] == 3


async def test_whoever_ends_an_account_is_forgotten_as_an_inviter_too(api: Api, ada: Person) -> None:
    owner = await register(api, "Owner")
    board_id, email = await ada.board(), unknown()
    await ada.grant(board_id, owner, "owner")
    invited = await owner.api.post(f"/api/boards/{board_id}/grants", {"email": email, "role": "owner"})

    await ada.api.call("DELETE", f"/api/boards/{board_id}/grants/{owner.user_id}")

    guest = await register_as(api, email)
    late = await guest.post(f"/api/invites/{invited.body['token']}/accept", {})
    assert (late.status, late.code) == (410, "gone")
