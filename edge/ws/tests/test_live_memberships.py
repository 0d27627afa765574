"""Rooms of people and of workspaces, and what a lost membership does to open sockets, on two edges of one log.

The promise is a second after the answer; the limits here are wider, for a machine that does other work: they say that it
comes by itself, and the time of it is a figure and not a test.
"""

from collections.abc import AsyncIterator

import pytest

from edge.ws.tests.house import Edge, House
from tests.edge.client import Person, Socket, connected
from tests.edge.teams import joined, workspace

pytestmark = pytest.mark.integration


@pytest.fixture
async def elsewhere(house: House) -> AsyncIterator[Edge]:
    """A second edge that has just started: it has heard of nothing and holds nothing."""
    async with house.edge() as edge:
        yield edge


async def board_in(place: str, owner: Person) -> str:
    made = await owner.api.post("/api/boards", {"title": "Plan", "workspace_id": place})
    assert made.status == 201, made
    return str(made.body["board_id"])


async def enter(socket: Socket, room: str, **more: object) -> None:
    await socket.send(kind="join", room=room, since=None, **more)
    await socket.kind("joined", room=room)


def told(socket: Socket, room: str) -> list[str]:
    frames = [frame for frame in socket.frames if frame["kind"] == "events" and frame["room"] == room]
    return [event["type"] for frame in frames for event in frame["events"]]


async def hears(socket: Socket, room: str, kind: str) -> None:
    await socket.wait(lambda _: kind in told(socket, room))


async def test_who_is_no_admin_any_more_loses_the_boards_on_every_edge(edge: Edge, elsewhere: Edge) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    place = await workspace(ada)
    await joined(ada, place, grace, "admin")
    board_id = await board_in(place, ada)

    async with connected(edge.api, grace.token) as here, connected(elsewhere.api, grace.token) as there:
        for socket in (here, there):
            assert (await socket.join(board_id))["role"] == "owner"
        path = f"/api/workspaces/{place}/members/{grace.user_id}"
        assert (await ada.api.call("PATCH", path, {"role": "manager"})).status == 200

        for socket in (here, there):
            await socket.kind("left", room=f"board:{board_id}", reason="revoked")


async def test_a_role_by_grant_stays_when_the_one_by_the_workspace_goes(edge: Edge, elsewhere: Edge) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    place = await workspace(ada)
    await joined(ada, place, grace, "admin")
    board_id = await board_in(place, ada)
    await ada.grant(board_id, grace, "viewer")

    async with connected(elsewhere.api, grace.token) as there:
        assert (await there.join(board_id))["role"] == "owner"
        await ada.api.call("DELETE", f"/api/workspaces/{place}/members/{grace.user_id}")

        await there.kind("role", room=f"board:{board_id}", role="viewer")


async def test_members_hear_of_their_workspace_until_they_are_out(edge: Edge, elsewhere: Edge) -> None:
    ada, grace, eve = await edge.person(), await edge.person("Grace"), await edge.person("Eve")
    place = await workspace(ada)
    await joined(ada, place, grace)
    room = f"workspace:{place}"

    async with connected(elsewhere.api, grace.token) as there, connected(edge.api, ada.token) as here:
        await enter(there, room)
        await enter(here, room)
        await ada.api.call("PATCH", f"/api/workspaces/{place}", {"name": "Fishes"})
        await joined(ada, place, eve)
        for socket in (there, here):
            await hears(socket, room, "workspaces.workspace_renamed")
            await hears(socket, room, "workspaces.member_joined")
        await ada.api.call("DELETE", f"/api/workspaces/{place}/members/{grace.user_id}")
        await there.kind("left", room=room, reason="revoked")
        await hears(here, room, "workspaces.member_removed")
        await ada.api.call("PATCH", f"/api/workspaces/{place}", {"name": "Birds"})
        await here.wait(lambda _: told(here, room).count("workspaces.workspace_renamed") == 2)

    assert told(there, room).count("workspaces.workspace_renamed") == 1
    assert not any("invite" in kind for kind in told(here, room)), "an invite is nobody's to see but in the list"


async def test_oneself_hears_what_one_is_given_and_nobody_else_may_listen(edge: Edge) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    board_id = await ada.board()
    room = f"user:{grace.user_id}"

    async with connected(edge.api, grace.token) as mine, connected(edge.api, ada.token) as other:
        await enter(mine, room)
        await other.send(kind="join", room=room, since=None, id="x")
        assert (await other.kind("reject", id="x"))["code"] == "not_found"
        await ada.grant(board_id, grace, "viewer")
        await hears(mine, room, "boards.role_granted")


async def test_owners_who_ask_for_it_hear_of_grants_and_links_until_they_are_none(edge: Edge, elsewhere: Edge) -> None:
    ada, grace, eve = await edge.person(), await edge.person("Grace"), await edge.person("Eve")
    board_id = await ada.board()
    room, owners = f"board:{board_id}", f"board_owners:{board_id}"
    await ada.grant(board_id, grace, "owner")
    await ada.grant(board_id, eve, "editor")

    async with connected(elsewhere.api, grace.token) as there, connected(edge.api, eve.token) as low:
        await there.send(kind="join", room=room, since=None, owners=True)
        await there.kind("joined", room=owners)
        await low.send(kind="join", room=room, since=None, owners=True)
        await low.kind("joined", room=room)
        await low.send(kind="join", room=owners, since=None, id="x")
        assert (await low.kind("reject", id="x"))["code"] == "not_found"
        await ada.link(board_id, "viewer")
        await hears(there, owners, "boards.link_created")
        await ada.grant(board_id, grace, "editor")
        await there.kind("left", room=owners, reason="revoked")
        await there.kind("role", room=room, role="editor")

    assert not any(frame.get("room") == owners and frame["kind"] != "reject" for frame in low.frames)
