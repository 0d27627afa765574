"""Each row of the table of limits, against a real edge."""

import itertools
import json
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest

from edge.ws.tests.house import Edge, House
from tests.edge.client import Person, Socket, connected, rectangle
from topics.runtime import metrics

pytestmark = pytest.mark.integration


def answers(socket: Socket) -> list[dict[str, Any]]:
    return [frame for frame in socket.frames if frame["kind"] in ("ack", "reject", "answer", "unknown")]


async def answered(socket: Socket, count: int) -> Counter[str]:
    await socket.wait(lambda _: len(answers(socket)) >= count)
    return Counter(frame.get("code", frame["kind"]) for frame in answers(socket))


async def alive(socket: Socket) -> None:
    await socket.send(kind="ping", id="alive")
    await socket.kind("pong", id="alive")


async def shared(edge: Edge, people: int) -> tuple[str, list[Person]]:
    """A board on which so many people draw."""
    ada = await edge.person()
    board_id = await ada.board()
    others = [await edge.person(f"Person {number}") for number in range(people - 1)]
    for other in others:
        await ada.grant(board_id, other, "editor")
    return board_id, [ada, *others]


async def test_sends_over_the_rate_are_rejected_with_a_time_and_the_socket_stays(house: House) -> None:
    async with house.edge(limit_sends_per_second=5) as edge:
        board_id, (ada,) = await shared(edge, 1)
        async with connected(edge.api, ada.token) as socket:
            begun = time.monotonic()
            for _ in range(30):
                await socket.draw(board_id, rectangle(), wait=False)
            said = await answered(socket, 30)
            took = time.monotonic() - begun
            await alive(socket)

            assert set(said) == {"ack", "rate_limited"}
            assert 10 <= said["ack"] <= 10 + 5 * took
            assert all(frame["retry_after"] >= 1 for frame in answers(socket) if frame["kind"] == "reject")


async def test_actions_and_ops_share_the_rate_of_sends(house: House) -> None:
    async with house.edge(limit_sends_per_second=1) as edge:
        board_id, (ada,) = await shared(edge, 1)
        async with connected(edge.api, ada.token) as socket:
            await socket.draw(board_id, rectangle())
            for title in ("One", "Two", "Three"):
                await socket.send(kind="send", type="boards.rename_board", data={"board_id": board_id, "title": title})

            assert (await answered(socket, 4))["rate_limited"] >= 1


async def test_a_person_has_twice_the_rate_on_all_sockets_together(house: House) -> None:
    async with house.edge(limit_sends_per_second=5) as edge:
        board_id, (ada, grace) = await shared(edge, 2)
        async with (
            connected(edge.api, ada.token) as one,
            connected(edge.api, ada.token) as two,
            connected(edge.api, ada.token) as three,
            connected(edge.api, grace.token) as other,
        ):
            begun = time.monotonic()
            for _ in range(10):
                for socket in (one, two, three, other):
                    await socket.draw(board_id, rectangle(), wait=False)
            said = [await answered(socket, 10) for socket in (one, two, three, other)]
            took = time.monotonic() - begun

            assert said[3] == {"ack": 10}
            assert 20 <= sum(each["ack"] for each in said[:3]) <= 20 + 10 * took


async def test_without_a_limit_of_sends_there_is_none(house: House) -> None:
    async with house.edge(limit_sends_per_second=0) as edge:
        board_id, (ada,) = await shared(edge, 1)
        async with connected(edge.api, ada.token) as socket:
            limits = (await socket.kind("welcome"))["limits"]
            for _ in range(400):
                await socket.draw(board_id, rectangle(), wait=False)

            assert (limits["sends_per_second"], limits["sends_burst"]) == (None, None)
            assert await answered(socket, 400) == {"ack": 400}


async def test_moves_over_the_rate_are_dropped_without_a_word(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    class Always:
        def fresh(self, within_seconds: float) -> bool:
            return True

    board_id, (ada, grace) = await shared(edge, 2)
    async with connected(edge.api, ada.token) as one, connected(edge.api, grace.token) as two:
        await one.join(board_id)
        await two.join(board_id)
        moves = edge.parts.rooms._moves
        taken: list[Any] = []
        move = moves.move
        monkeypatch.setattr(moves, "move", lambda *told: (taken.append(told), move(*told))[1])
        # In a moment without proof of rights they are dropped too, and that is not what is counted here.
        monkeypatch.setattr(edge.parts.rights.freshness, "_proof", Always())
        begun = time.monotonic()
        for number in range(300):
            await one.send(kind="move", room=f"board:{board_id}", data={"pointer": {"x": number, "y": 0}})
        await alive(one)
        took = time.monotonic() - begun

        assert 60 <= len([data for _, _, data in taken if data]) <= 60 + 30 * took
        assert answers(one) == []


async def test_pings_and_joins_have_a_rate_of_their_own(edge: Edge) -> None:
    board_id, (ada,) = await shared(edge, 1)
    async with connected(edge.api, ada.token) as socket:
        for _ in range(300):
            await socket.send(kind="ping")
        said = await answered(socket, 1)
        await socket.draw(board_id, rectangle())

        assert said["rate_limited"] >= 1


async def test_an_element_over_256_kib_is_too_large_with_its_path(edge: Edge) -> None:
    board_id, (ada,) = await shared(edge, 1)
    async with connected(edge.api, ada.token) as socket:
        large = rectangle(customData={"x": "y" * 256 * 1024})
        refused = await socket.draw(board_id, rectangle(), large, wait=False)

        reject = await socket.kind("reject", id=refused)
        assert (reject["code"], reject["errors"][0]["path"]) == ("too_large", "/elements/1")


async def test_an_op_that_fits_a_frame_but_not_the_log_is_too_large(edge: Edge) -> None:
    board_id, (ada,) = await shared(edge, 1)
    elements = [rectangle(customData={"x": "y" * 200_000}) for _ in range(5)]
    frame = {
        "kind": "send", "id": "x", "type": "boards.draw", "data": {"board_id": board_id, "elements": elements},
    }  # fmt: skip
    room = 1024 * 1024 - len(json.dumps(frame, separators=(",", ":")))
    elements[0]["customData"]["x"] += "y" * room
    async with connected(edge.api, ada.token) as socket:
        await socket.ws.send_str(json.dumps(frame, separators=(",", ":")))

        reject = await socket.kind("reject", id="x")
        assert (reject["code"], reject["errors"][0]["path"]) == ("too_large", "/elements")


async def test_an_op_has_at_most_a_thousand_elements(edge: Edge) -> None:
    board_id, (ada,) = await shared(edge, 1)
    elements = [rectangle() for _ in range(1001)]
    async with connected(edge.api, ada.token) as socket:
        refused = await socket.draw(board_id, *elements, wait=False)
        reject = await socket.kind("reject", id=refused)
        await socket.draw(board_id, *elements[:1000])

        assert (reject["code"], reject["errors"][0]["path"]) == ("schema_invalid", "/elements")


async def test_a_room_too_many_is_a_conflict_until_one_is_left(edge: Edge) -> None:
    ada = await edge.person()
    boards = [await ada.board() for _ in range(51)]
    async with connected(edge.api, ada.token) as socket:
        for board_id in boards[:50]:
            await socket.join(board_id)
        await socket.send(kind="join", room=f"board:{boards[50]}", since=None)
        reject = await socket.kind("reject")
        await socket.send(kind="join", id="again", room=f"board:{boards[0]}", since=None)
        await socket.kind("joined", id="again")
        await socket.send(kind="leave", room=f"board:{boards[0]}")
        await socket.join(boards[50])

        assert (reject["code"], reject["room"]) == ("conflict", f"board:{boards[50]}")


async def test_bytes_of_ops_are_limited_per_person_on_all_sockets_and_by_rest(house: House) -> None:
    async with house.edge(limit_op_bytes_per_second=20_000) as edge:
        board_id, (ada, grace) = await shared(edge, 2)
        # Of a full bucket more is taken than is in it; then there is nothing for four seconds, and little on the board.
        larger, large = ({"customData": {"x": "y" * size}} for size in (76_000, 45_000))
        async with connected(edge.api, ada.token) as one, connected(edge.api, ada.token) as two:
            for socket in (one, two):
                await socket.join(board_id)
            taken = await one.draw(board_id, rectangle(**larger), wait=False)
            rejects = []
            for socket in (one, two):
                refused = await socket.draw(board_id, rectangle(**large), wait=False)
                rejects.append(await socket.kind("reject", id=refused))
            by_rest = await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle(**large)]})
            await one.kind("ack", id=taken)

            assert {reject["code"] for reject in rejects} == {by_rest.code} == {"rate_limited"}
            assert all(reject["retry_after"] >= 1 for reject in rejects)
        async with connected(edge.api, grace.token) as other:
            await other.draw(board_id, rectangle())


async def test_bytes_of_ops_are_limited_per_board(house: House) -> None:
    async with house.edge(limit_op_bytes_per_second=20_000) as edge:
        board_id, people = await shared(edge, 4)
        other_board = await people[0].board()
        large = {"customData": {"x": "y" * 38_000}}
        said: Counter[str] = Counter()
        async with AsyncExitStack() as closing:
            sockets = [await closing.enter_async_context(connected(edge.api, person.token)) for person in people]
            for socket in sockets:
                await socket.join(board_id)
            # All at once: four of them are twice of what fits, and some seconds' worth.
            for socket in sockets:
                await socket.draw(board_id, rectangle(**large), wait=False)
            for socket in sockets:
                said += await answered(socket, 1)
        async with connected(edge.api, people[0].token) as socket:
            small = await socket.draw(other_board, rectangle(), wait=False)
            await socket.wait(lambda frame: frame.get("id") == small)

        assert said["rate_limited"] >= 1
        assert said["ack"] >= 2


async def test_a_client_that_does_not_read_is_closed_4450_and_the_others_draw_on(house: House) -> None:
    async with house.edge(queue_bytes=300_000, limit_op_bytes_per_second=0) as edge:
        board_id, (ada, grace) = await shared(edge, 2)
        async with connected(edge.api, ada.token) as writer, connected(edge.api, grace.token) as reader:
            await writer.join(board_id)
            await reader.join(board_id)
            before = metrics.SOCKETS_CLOSED.labels(4450)._value.get()
            transport = reader.ws._conn.transport
            transport.pause_reading()
            drawn = itertools.count(1)
            while metrics.SOCKETS_CLOSED.labels(4450)._value.get() == before and len(edge.parts.sockets) == 2:
                await writer.draw(board_id, rectangle(customData={"x": "y" * 200_000}))
                if next(drawn) > 200:
                    pytest.fail("a client that reads nothing was kept")
                if any(c.close_code == 4450 for c in edge.parts.sockets._names):
                    break
            transport.resume_reading()

            assert await reader.closed() == 4450
            await writer.draw(board_id, rectangle())
            assert writer.close_code is None


async def test_a_replay_larger_than_the_queue_does_not_count_as_slow(house: House) -> None:
    async with house.edge(queue_bytes=100_000, limit_op_bytes_per_second=0) as edge:
        board_id, (ada,) = await shared(edge, 1)
        async with connected(edge.api, ada.token) as writer:
            cursor = (await writer.join(board_id))["cursor"]
            for _ in range(8):
                await writer.draw(board_id, rectangle(customData={"x": "y" * 60_000}))
            await writer.wait(lambda _: len(writer.events(board_id)) == 8)
        async with connected(edge.api, ada.token) as reader:
            await reader.join(board_id, since=cursor)
            await reader.wait(lambda _: len(reader.events(board_id)) == 8)
            await alive(reader)
