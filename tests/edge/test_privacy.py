"""What a guest can hear: room events never hold tokens, passwords or addresses, nor what is for owners only."""

import json

import pytest

from tests.edge.client import Api, Person, connected, rectangle, register

pytestmark = pytest.mark.integration


async def test_a_guest_hears_of_the_board_and_of_nothing_else(api: Api, ada: Person) -> None:
    board_id = await ada.board("Before")
    other = await register(api, "Somebody Else")
    link = await ada.link(board_id, "viewer")
    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})

    async with connected(api, opened.body["access_token"]) as guest, connected(api, ada.token) as owner:
        await guest.join(board_id)
        await owner.join(board_id)
        await ada.grant(board_id, other, "editor")
        secret = await ada.link(board_id, "editor", password="open sesame")
        await ada.api.call("DELETE", f"/api/boards/{board_id}/grants/{other.user_id}")
        await ada.api.call("PATCH", f"/api/boards/{board_id}", {"title": "After"})
        await owner.draw(board_id, rectangle())
        await guest.event(board_id, lambda event: event["type"] == "boards.draw")
        await guest.event(board_id, lambda event: event["type"] == "boards.board_renamed")

        heard = json.dumps(guest.frames)
        kinds = {event["type"] for event in guest.events(board_id)}

    assert kinds == {"boards.board_renamed", "boards.draw"}
    for private in (ada.email, other.email, other.user_id, link["token"], secret["token"], "sesame", ada.token):
        assert private not in heard


async def test_a_guest_cannot_listen_to_people_workspaces_or_owners(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    link = await ada.link(board_id, "editor")
    opened = await api.post(f"/api/links/{link['token']}/open", {"name": "Guest"})
    [*_, workspace] = (await ada.api.get("/api/workspaces")).body["items"]

    async with connected(api, opened.body["access_token"]) as guest:
        for room in (
            f"user:{ada.user_id}",
            f"workspace:{workspace['workspace_id']}",
            f"board_owners:{board_id}",
            f"session:{ada.session_id}",
        ):
            await guest.send(kind="join", room=room, since=None, id=room[-20:])
            reject = await guest.kind("reject", id=room[-20:])
            assert reject["code"] in {"not_found", "schema_invalid"}, (room, reject)
