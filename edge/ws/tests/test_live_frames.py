"""Each kind of frame that a server sends, from a real edge."""

import asyncio
import contextlib
from typing import Any

import pytest

from edge.ws.tests.house import Edge, House
from schemas.ids import new_id
from tests.edge.client import Socket, connected, newer, rectangle
from topics.runtime.connections import redis_client

pytestmark = pytest.mark.integration


def room(board_id: str) -> str:
    return f"board:{board_id}"


def kinds(socket: Socket, *kinds_: str) -> list[dict[str, Any]]:
    return [frame for frame in socket.frames if frame["kind"] in kinds_]


async def until(socket: Socket, count: int, *kinds_: str) -> list[dict[str, Any]]:
    await socket.wait(lambda _: len(kinds(socket, *kinds_)) >= count)
    return kinds(socket, *kinds_)


async def test_what_a_frame_carries_as_its_id_is_in_what_answers_it(edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api) as socket:
        await socket.send(kind="hello", id="h", token=ada.token, client="t")
        await socket.send(kind="join", id="j", room=room(board_id), since=None)
        await socket.send(kind="join", id="bad", room=room(board_id), since="junk")
        await socket.send(kind="ping", id="p")
        await socket.send(kind="leave", id="l", room=room(board_id))
        await socket.kind("left")

        answered = {frame["kind"]: frame["id"] for frame in socket.frames if "id" in frame}
        assert answered == {"welcome": "h", "joined": "j", "reject": "bad", "pong": "p", "left": "l"}


async def test_joined_is_followed_by_presence_and_only_then_by_events(edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api, ada.token) as first:
        joined = await first.join(board_id)
        await first.draw(board_id, rectangle())
        cursor = (await first.kind("events"))["cursor"]
        await first.draw(board_id, rectangle())
    async with connected(edge.api, ada.token) as second:
        await second.send(kind="join", room=room(board_id), since=cursor)
        await second.kind("events")

        told = [frame["kind"] for frame in second.frames]
        # The first one's leaving may be told in between, whenever that comes.
        assert told[:3] == ["welcome", "joined", "presence"]
        assert {*told[3 : told.index("events")]} <= {"presence"}
        assert second.frames[1]["role"] == "owner"
        assert second.frames[2] == {"kind": "presence", "room": room(board_id), "moves": [], "gone": []}
        assert second.frames[1]["epoch"] == joined["epoch"]


async def test_an_event_names_its_sender_and_one_by_rest_names_no_connection(edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api, ada.token) as socket:
        welcome = await socket.kind("welcome")
        await socket.join(board_id)
        sent = await socket.draw(board_id, rectangle())
        drawn = await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle()]})
        await socket.wait(lambda _: len(socket.events(board_id)) == 2)

        by_socket, by_rest = socket.events(board_id)
        assert (by_socket["connection"], by_socket["client_id"]) == (welcome["connection"], sent)
        assert (by_rest["connection"], by_rest["client_id"]) == (None, None)
        assert {event["actor"] for event in (by_socket, by_rest)} == {ada.user_id}
        assert set(drawn.body) == {"position"}


async def test_the_position_of_an_ack_is_one_that_reads_can_wait_for(edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    element = rectangle()
    async with connected(edge.api, ada.token) as socket:
        ack = await socket.kind("ack", id=await socket.draw(board_id, element))
        read = await ada.api.get(f"/api/boards/{board_id}/elements?min_position={ack['position']}")

        assert [each["id"] for each in read.body["elements"]] == [element["id"]]


async def test_ops_stand_in_the_log_as_sent_and_a_reject_stops_none(house: House) -> None:
    async with house.edge(limit_sends_per_second=0) as edge:
        ada = await edge.person()
        board_id = await ada.board()
        element, sent, refused = rectangle(), [], []
        async with connected(edge.api, ada.token) as socket:
            await socket.join(board_id)
            for number in range(200):
                element = newer(element)
                if number % 7 == 3:
                    refused.append(await socket.draw(board_id, element | {"link": "javascript:1"}, wait=False))
                else:
                    sent.append(await socket.draw(board_id, element, wait=False))
            await until(socket, 200, "ack", "reject")
            await socket.wait(lambda _: len(socket.events(board_id)) == len(sent))

            assert [event["client_id"] for event in socket.events(board_id)] == sent
            assert [frame["id"] for frame in kinds(socket, "ack")] == sent
            assert {frame["id"] for frame in kinds(socket, "reject")} == set(refused)


async def test_ops_wait_in_line_behind_one_whose_rights_are_being_read(edge: Edge) -> None:
    ada = await edge.person()
    boards = [await ada.board(), await ada.board()]
    async with connected(edge.api, ada.token) as socket:
        for board_id in boards:
            await socket.join(board_id)
        # Forgotten, so that the first op of each has to ask PostgreSQL while the others are there already.
        for board_id in boards:
            edge.parts.rights.learn([{"type": "boards.board_restored", "data": {"board_id": board_id}}])
        sent = [await socket.draw(boards[number % 2], rectangle(), wait=False) for number in range(40)]
        await until(socket, 40, "ack")
        for board_id in boards:
            await socket.wait(lambda _, board=board_id: len(socket.events(board)) == 20)

        for number, board_id in enumerate(boards):
            assert [event["client_id"] for event in socket.events(board_id)] == sent[number::2]


async def test_an_action_is_answered_with_its_facts_and_once_per_key(edge: Edge) -> None:
    ada = await edge.person()
    async with connected(edge.api, ada.token) as socket:
        for name in ("a", "b"):
            await socket.send(kind="send", id=name, type="boards.create_board", data={"title": "New"}, key="k-1")
            await socket.kind("answer", id=name)
        await socket.send(kind="send", id="c", type="boards.create_board", data={"title": "Other"}, key="k-1")

        one, two = kinds(socket, "answer")
        assert one["facts"] == two["facts"]
        assert one["facts"][0]["type"] == "boards.board_created"
        assert (await socket.kind("reject", id="c"))["code"] == "conflict"
        board_id = one["facts"][0]["data"]["board_id"]
        await socket.send(
            kind="send", id="d", type="boards.rename_board", data={"board_id": board_id, "title": "Renamed"}
        )
        assert (await socket.kind("answer", id="d"))["facts"][0]["data"]["title"] == "Renamed"


@pytest.mark.parametrize(
    ("frame", "code", "errors"),
    [
        ({"type": "boards.nothing", "data": {}}, "schema_invalid", [("/type", "frame")]),
        ({"type": "boards.board_created", "data": {}}, "schema_invalid", [("/type", "frame")]),
        ({"type": "boards.reveal_board", "data": {}}, "schema_invalid", [("/type", "frame")]),
        ({"type": "boards.create_board", "data": {"title": 5}}, "schema_invalid", [("/title", None)]),
        ({"type": "boards.create_board", "data": {}, "key": "k" * 129}, "schema_invalid", [("/key", "frame")]),
        (
            {"type": "boards.draw", "data": {"board_id": new_id(), "elements": []}},
            "schema_invalid",
            [("/elements", None)],
        ),
        ({"type": "boards.draw", "data": {"board_id": new_id(), "elements": [rectangle()]}}, "not_found", []),
        ({"type": "boards.rename_board", "data": {"board_id": new_id(), "title": "T"}}, "not_found", []),
    ],
)
async def test_a_send_that_cannot_be_is_rejected_with_code_and_path(
    edge: Edge, frame: dict[str, Any], code: str, errors: list[tuple[str, str | None]]
) -> None:
    ada = await edge.person()
    async with connected(edge.api, ada.token) as socket:
        await socket.send(kind="send", id="x", **frame)

        reject = await socket.kind("reject", id="x")
        assert reject["code"] == code
        assert [(error["path"], error.get("in")) for error in reject["errors"]] == errors


async def test_rooms_that_are_not_ones_own_are_not_found(edge: Edge) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    board_id = await ada.board()
    async with connected(edge.api, grace.token) as socket:
        names = [room(board_id), room(new_id()), "board:x", "user:1", "nonsense"]
        for name in names:
            await socket.send(kind="join", room=name, since=None)
            await socket.send(kind="leave", room=name)
            await socket.send(kind="move", room=name, data={})
        rejects = await until(socket, 3 * len(names), "reject")

        assert {reject["code"] for reject in rejects} == {"not_found"}
        assert [reject["room"] for reject in rejects if reject["room"] == "user:1"] == ["user:1"] * 3


async def test_a_foreign_cursor_is_refused_at_since(edge: Edge) -> None:
    ada = await edge.person()
    boards = [await ada.board(), await ada.board()]
    async with connected(edge.api, ada.token) as socket:
        foreign = (await socket.join(boards[0]))["cursor"]
        for since in (foreign, "junk"):
            await socket.send(kind="join", room=room(boards[1]), since=since)

        for reject in await until(socket, 2, "reject"):
            assert reject["code"] == "schema_invalid"
            assert [(error["path"], error["in"]) for error in reject["errors"]] == [("/since", "frame")]


async def test_a_second_join_replaces_the_first(edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api, ada.token) as socket:
        for name in ("first", "second"):
            await socket.send(kind="join", room=room(board_id), id=name)
            await socket.kind("joined", id=name)
        await socket.draw(board_id, rectangle())
        await socket.wait(lambda _: socket.events(board_id))
        await socket.send(kind="leave", room=room(board_id), id="l")
        await socket.kind("left", id="l")
        await socket.draw(board_id, rectangle())
        await socket.send(kind="leave", room=room(board_id), id="again")

        assert (await socket.kind("reject", id="again"))["code"] == "not_found"
        assert len(socket.events(board_id)) == 1


async def test_a_stale_join_leaves_the_room(house: House) -> None:
    async with house.edge(resume_events=2) as edge:
        ada = await edge.person()
        board_id = await ada.board()
        async with connected(edge.api, ada.token) as socket:
            cursor = (await socket.join(board_id))["cursor"]
            for _ in range(5):
                await socket.draw(board_id, rectangle())
            await socket.wait(lambda _: len(socket.events(board_id)) == 5)
            await socket.send(kind="join", id="s", room=room(board_id), since=cursor)
            stale = await socket.kind("stale")
            await socket.send(kind="leave", id="l", room=room(board_id))

            assert stale == {"kind": "stale", "id": "s", "room": room(board_id), "reason": "window"}
            assert (await socket.kind("reject", id="l"))["code"] == "not_found"


async def test_a_redis_that_lost_everything_resets_the_room_and_one_comes_back_by_a_delta(
    house: House, edge: Edge
) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api, ada.token) as socket:
        await socket.join(board_id)
        await socket.draw(board_id, rectangle())
        cursor = (await socket.kind("events"))["cursor"]
        async with contextlib.aclosing(redis_client(house.settings)) as redis:
            await redis.flushall()
        ack = await socket.kind("ack", id=await socket.draw(board_id, rectangle()))
        await socket.kind("reset", room=room(board_id))
        await socket.send(kind="join", room=room(board_id), since=cursor)
        await socket.kind("stale", room=room(board_id))
        delta = await ada.api.get(f"/api/boards/{board_id}/elements?since={cursor}&min_position={ack['position']}")
        assert len(delta.body["elements"]) == 1
        await socket.join(board_id, since=delta.body["cursor"])
        last = await socket.draw(board_id, rectangle())
        # What the delta held may come once more: it was numbered anew.
        await socket.wait(lambda _: last in [event["client_id"] for event in socket.events(board_id)])


async def test_moves_are_seen_by_the_others_and_wrong_ones_are_refused(house: House) -> None:
    async with house.edge() as edge, house.edge() as elsewhere:
        ada, grace = await edge.person(), await edge.person("Grace")
        board_id = await ada.board()
        await ada.grant(board_id, grace, "viewer")
        async with connected(edge.api, ada.token) as one, connected(elsewhere.api, grace.token) as two:
            await one.join(board_id)
            await two.join(board_id)

            def seen() -> bool:
                moves = [move["data"] for frame in kinds(two, "presence") for move in frame["moves"]]
                return {"pointer": {"x": 1, "y": 2}} in moves

            # A move may be dropped, a wrong one too: in a moment without proof of rights, for one.
            async with asyncio.timeout(30):
                while not seen() or not kinds(one, "reject"):
                    await one.send(kind="move", id="m", room=room(board_id), data={"pointer": {"x": 1, "y": 2}})
                    await one.send(kind="move", id="w", room=room(board_id), data={"pointer": {"x": 1}})
                    await asyncio.sleep(0.1)

            for reject in kinds(one, "reject"):
                assert (reject["id"], reject["room"], reject["code"]) == ("w", room(board_id), "schema_invalid")
                assert [(error["path"], error.get("in")) for error in reject["errors"]] == [("/pointer/y", None)]
        assert not [
            move for frame in kinds(one, "presence") for move in frame["moves"] if move["user_id"] == ada.user_id
        ]


async def test_without_proof_of_rights_nothing_is_delivered_and_with_it_nothing_is_missing(house: House) -> None:
    class Never:
        def fresh(self, within_seconds: float) -> bool:
            return False

    async with house.edge() as blind, house.edge() as edge:
        ada = await edge.person()
        board_id = await ada.board()
        async with connected(blind.api, ada.token) as watching, connected(edge.api, ada.token) as drawing:
            await watching.join(board_id)
            await drawing.join(board_id)
            freshness = blind.parts.rights.freshness
            proof, lost = freshness._proof, asyncio.Event()
            pause = freshness.on_lost
            assert pause is not None
            freshness.on_lost = lambda: (pause(), lost.set())[0]
            freshness._proof = Never()
            async with asyncio.timeout(30):
                await lost.wait()
            for _ in range(5):
                await drawing.draw(board_id, rectangle())
            await drawing.wait(lambda _: len(drawing.events(board_id)) == 5)
            refused = await watching.draw(board_id, rectangle(), wait=False)
            await watching.send(kind="join", id="j", room=room(await ada.board()), since=None)

            assert (await watching.kind("reject", id=refused))["code"] == "unavailable"
            assert (await watching.kind("reject", id="j"))["code"] == "unavailable"
            assert watching.events(board_id) == []

            freshness._proof = proof
            await watching.wait(lambda _: len(watching.events(board_id)) == 5)
            assert watching.events(board_id) == drawing.events(board_id)
            await watching.draw(board_id, rectangle())


async def test_a_write_in_a_short_moment_without_proof_waits_and_is_taken(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later:
        def __init__(self) -> None:
            self.asked = 0

        def fresh(self, within_seconds: float) -> bool:
            self.asked += 1
            return self.asked > 10

    ada = await edge.person()
    board_id = await ada.board()
    async with connected(edge.api, ada.token) as socket:
        await socket.join(board_id)
        monkeypatch.setattr(edge.parts.rights.freshness, "_proof", Later())
        sent = [await socket.draw(board_id, rectangle(), wait=False) for _ in range(10)]
        await until(socket, 10, "ack")

        assert [frame["id"] for frame in kinds(socket, "ack")] == sent
        assert kinds(socket, "reject") == []
