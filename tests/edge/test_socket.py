"""Section 2: frames, order, resume, presence, limits and close codes."""

import asyncio
import json
from typing import Any

import pytest

from tests.edge.client import WAIT_SECONDS, Api, Person, Socket, connected, newer, rectangle
from tests.product import Product

pytestmark = pytest.mark.integration


async def test_the_welcome_names_the_person_and_every_limit(api: Api, ada: Person) -> None:
    async with connected(api) as socket:
        welcome = await socket.hello(ada.token)

    assert welcome["protocol"] == 1
    assert welcome["session_id"] == ada.session_id
    assert welcome["user"]["user_id"] == ada.user_id
    assert set(welcome["limits"]) == {
        "frame_bytes", "element_bytes", "elements_per_op", "depth", "rooms", "sends_per_second", "sends_burst",
        "moves_per_second", "queue_bytes", "ping_seconds", "dead_seconds", "resume_events", "resume_seconds",
        "resume_bytes", "embed_hosts",
    }  # fmt: skip


async def test_an_op_is_acked_and_reaches_everybody_in_one_order(api: Api, ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")

    async with connected(api, ada.token) as one, connected(api, grace.token) as two:
        first, second = await one.join(board_id), await two.join(board_id)
        await asyncio.gather(
            *(one.draw(board_id, rectangle()) for _ in range(10)), *(two.draw(board_id, rectangle()) for _ in range(10))
        )
        for socket in (one, two):
            await socket.wait(lambda _, s=socket: len(s.events(board_id)) >= 20)

        assert one.events(board_id) == two.events(board_id)
        assert [event["seq"] for event in one.events(board_id)] == list(range(first["seq"] + 1, first["seq"] + 21))
        assert first["epoch"] == second["epoch"]
        event = one.events(board_id)[0]
        assert set(event) == {"seq", "type", "id", "client_id", "actor", "connection", "time", "data"}
        assert {e["client_id"] for e in one.events(board_id) if e["actor"] == ada.user_id} == {
            f"c-{n}" for n in range(1, 11)
        }


async def test_members_know_each_other_and_their_moves(api: Api, ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    room = f"board:{board_id}"

    async with connected(api, ada.token) as one:
        await one.join(board_id)
        await one.send(kind="move", room=room, data={"pointer": {"x": 1.5, "y": 2, "tool": "pointer"}, "button": "up"})
        async with connected(api, grace.token) as two:
            joined = await two.join(board_id)
            assert {member["user_id"] for member in joined["members"]} == {ada.user_id, grace.user_id}
            moves = (await two.kind("presence", room=room))["moves"]
            if moves:
                assert moves[0]["user_id"] == ada.user_id
            arrival = await one.wait(
                lambda f: (
                    f["kind"] == "presence" and any(m["user_id"] == grace.user_id and m.get("name") for m in f["moves"])
                )
            )
            assert arrival["gone"] == []
            # The latest wins, and any one may be dropped.
            async with asyncio.timeout(WAIT_SECONDS):
                while 9 not in pointers(two):
                    pointer = {"x": 9, "y": 9, "tool": "pointer"}
                    await one.send(kind="move", room=room, data={"pointer": pointer, "button": "down"})
                    await asyncio.sleep(0.1)
            own = next(m["connection"] for m in joined["members"] if m["user_id"] == grace.user_id)
        await one.wait(lambda f: f["kind"] == "presence" and own in f["gone"])
        mine = next(m["connection"] for m in joined["members"] if m["user_id"] == ada.user_id)
        assert all(m["connection"] != mine for f in one.frames if f["kind"] == "presence" for m in f["moves"])


def pointers(socket: Socket) -> set[float]:
    """Where others were seen to point, from left to right."""
    moves = [move["data"] for frame in socket.frames if frame["kind"] == "presence" for move in frame["moves"]]
    return {move["pointer"]["x"] for move in moves if "pointer" in move}


async def test_a_resume_inside_the_window_misses_nothing(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    async with connected(api, ada.token) as one:
        joined = await one.join(board_id)
        await one.draw(board_id, rectangle())
        first = await one.wait(lambda f: f["kind"] == "events")
    async with connected(api, ada.token) as writer:
        for _ in range(30):
            await writer.draw(board_id, rectangle())

    async with connected(api, ada.token) as two:
        back = await two.join(board_id, since=first["cursor"])
        await two.wait(lambda _: len(two.events(board_id)) >= 30)

    assert back["epoch"] == joined["epoch"]
    seqs = [event["seq"] for event in two.events(board_id)]
    assert seqs == list(range(first["events"][-1]["seq"] + 1, first["events"][-1]["seq"] + 31))


async def test_a_snapshot_and_a_join_since_its_cursor_meet_without_a_gap(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    drawn = [rectangle(index=f"a{n}") for n in range(5)]
    async with connected(api, ada.token) as writer:
        for element in drawn[:3]:
            await writer.draw(board_id, element)
        snapshot = (await ada.api.get(f"/api/boards/{board_id}/elements")).body
        for element in drawn[3:]:
            await writer.draw(board_id, element)

    async with connected(api, ada.token) as socket:
        await socket.join(board_id, since=snapshot["cursor"])
        await socket.wait(lambda _: drawn[-1]["id"] in json.dumps(socket.frames))

    held = {element["id"] for element in snapshot["elements"]}
    held |= {element["id"] for event in socket.events(board_id) for element in event["data"]["elements"]}
    assert held == {element["id"] for element in drawn}


async def test_a_cursor_past_the_window_is_stale_and_a_delta_mends_it(product: Product, api: Api, ada: Person) -> None:
    small = await product.edge(DOSKA_RESUME_EVENTS="5")
    door = Api(small.base_url, api.http)
    board_id = await ada.board()
    async with connected(door, ada.token) as one:
        await one.join(board_id)
        await one.draw(board_id, rectangle())
        cursor = (await one.wait(lambda f: f["kind"] == "events"))["cursor"]
        later = [rectangle() for _ in range(12)]
        for element in later:
            position_frame = await one.draw(board_id, element)
        position = (await one.kind("ack", id=position_frame))["position"]
        # Acknowledged is not yet in the room: only what was shown there moves the window.
        await one.wait(lambda f: f["kind"] == "events" and later[-1]["id"] in str(f["events"]))

    async with connected(door, ada.token) as two:
        await two.send(kind="join", room=f"board:{board_id}", since=cursor)
        stale = await two.kind("stale")
        assert stale == {"kind": "stale", "room": f"board:{board_id}", "reason": "window"}
        delta = (
            await ada.api.as_token(ada.token).get(
                f"/api/boards/{board_id}/elements?since={cursor}&min_position={position}"
            )
        ).body
        assert len(delta["elements"]) == 12
        await two.join(board_id, since=delta["cursor"])


async def test_a_rejected_op_says_why_and_does_not_stop_the_next(api: Api, ada: Person) -> None:
    board_id = await ada.board()

    async with connected(api, ada.token) as socket:
        await socket.join(board_id)
        bad = await socket.draw(board_id, rectangle(type="iframe"), wait=False)
        good = await socket.draw(board_id, rectangle(), wait=False)
        reject = await socket.kind("reject", id=bad)
        await socket.kind("ack", id=good)

    assert reject["code"] == "schema_invalid"
    assert "/elements/0/type" in [error["path"] for error in reject["errors"]]


@pytest.mark.parametrize(
    ("frame", "code", "path"),
    [
        ({"kind": "join", "room": "board:x", "since": None}, "not_found", None),
        ({"kind": "join"}, "schema_invalid", "/room"),
        ({"kind": "join", "room": "board:01890000-0000-7000-8000-000000000000", "since": None}, "not_found", None),
        ({"kind": "leave", "room": "board:01890000-0000-7000-8000-000000000000"}, "not_found", None),
        ({"kind": "send", "id": "1", "type": "boards.nothing", "data": {}}, "schema_invalid", "/type"),
        ({"kind": "send", "id": "1", "type": "boards.create_board", "data": {}}, "schema_invalid", "/title"),
        ({"kind": "send", "data": {}}, "schema_invalid", "/type"),
        ({"kind": "send", "id": "x" * 65, "type": "boards.draw", "data": {}}, "schema_invalid", "/id"),
    ],
)
async def test_a_bad_frame_of_a_known_kind_is_rejected(
    api: Api, ada: Person, frame: dict[str, Any], code: str, path: str | None
) -> None:
    async with connected(api, ada.token) as socket:
        await socket.send(**frame)
        reject = await socket.kind("reject")
        assert reject["code"] == code, reject
        if path is not None:
            assert path in [error["path"] for error in reject["errors"]]
        await socket.send(kind="ping")
        await socket.kind("pong")


async def test_an_action_by_socket_is_answered_with_its_facts(api: Api, ada: Person) -> None:
    async with connected(api, ada.token) as socket:
        await socket.send(kind="send", id="a1", type="boards.create_board", data={"title": "By socket"}, key="k1")
        answer = await socket.kind("answer", id="a1")
        await socket.send(kind="send", id="a2", type="boards.create_board", data={"title": "By socket"}, key="k1")
        again = await socket.kind("answer", id="a2")

    assert answer["facts"][0]["type"] == "boards.board_created"
    assert answer["facts"] == again["facts"]


async def test_a_viewer_draws_nothing(api: Api, ada: Person, grace: Person) -> None:
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")

    async with connected(api, grace.token) as socket:
        joined = await socket.join(board_id)
        refused = await socket.draw(board_id, rectangle(), wait=False)
        assert joined["role"] == "viewer"
        assert (await socket.kind("reject", id=refused))["code"] == "forbidden"


async def test_changes_of_rights_reach_an_open_socket(product: Product, api: Api, ada: Person, grace: Person) -> None:
    other_edge = Api((await product.edge()).base_url, api.http)
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    room = f"board:{board_id}"

    async with connected(other_edge, grace.token) as socket:
        await socket.join(board_id)
        await ada.grant(board_id, grace, "editor")
        await socket.kind("role", room=room, role="editor")
        await socket.draw(board_id, rectangle())
        await ada.api.post(f"/api/boards/{board_id}/archive")
        await socket.kind("role", room=room, role="viewer")
        await ada.api.post(f"/api/boards/{board_id}/restore")
        await socket.wait(
            lambda f: [g["role"] for g in socket.frames if g["kind"] == "role"] == ["editor", "viewer", "editor"]
        )
        await ada.api.call("DELETE", f"/api/boards/{board_id}/grants/{grace.user_id}")
        await socket.kind("left", room=room, reason="revoked")
        refused = await socket.draw(board_id, rectangle(), wait=False)
        assert (await socket.kind("reject", id=refused))["code"] == "not_found"


async def test_a_rename_and_a_trashing_are_seen_live(api: Api, ada: Person) -> None:
    board_id = await ada.board()

    async with connected(api, ada.token) as socket:
        await socket.join(board_id)
        await ada.api.call("PATCH", f"/api/boards/{board_id}", {"title": "New name"})
        event = await socket.event(board_id, lambda e: e["type"] == "boards.board_renamed")
        assert event["data"]["title"] == "New name"
        await ada.api.call("DELETE", f"/api/boards/{board_id}")
        await socket.kind("left", room=f"board:{board_id}", reason="deleted")


async def test_leaving_is_answered_and_ends_the_events(api: Api, ada: Person) -> None:
    board_id = await ada.board()

    async with connected(api, ada.token) as one, connected(api, ada.token) as two:
        await one.join(board_id)
        await two.join(board_id)
        await one.send(kind="leave", room=f"board:{board_id}", id="x")
        left = await one.kind("left", reason="left")
        await two.draw(board_id, rectangle())
        await two.wait(lambda _: len(two.events(board_id)) == 1)
        assert left["room"] == f"board:{board_id}"
        assert one.events(board_id) == []


async def test_an_op_that_loses_is_acked_and_delivered(api: Api, ada: Person) -> None:
    board_id = await ada.board()
    element = rectangle(version=5)

    async with connected(api, ada.token) as socket:
        await socket.join(board_id)
        await socket.draw(board_id, newer(element))
        await socket.draw(board_id, element)
        await socket.wait(lambda _: len(socket.events(board_id)) == 2)
