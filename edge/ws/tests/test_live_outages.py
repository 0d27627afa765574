"""Parts that go away under open sockets: what is said meanwhile, and that it goes on by itself."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator

import pytest

from edge.ws.tests.house import Edge, House, open_house
from tests.edge.client import Socket, connected, rectangle

pytestmark = pytest.mark.integration
BACK_SECONDS = 60.0


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house of this module alone: what is broken here should not be felt next door."""
    async with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="module")
async def edge(house: House) -> Edge:
    return await house.front()


async def said(socket: Socket, identifier: str, seconds: float = 20) -> str:
    frame = await socket.wait(
        lambda frame: frame.get("id") == identifier and frame["kind"] in ("ack", "reject", "unknown", "answer"), seconds
    )
    return str(frame.get("code", frame["kind"]))


async def draws_again(socket: Socket, board_id: str) -> None:
    async with asyncio.timeout(BACK_SECONDS):
        while await said(socket, await socket.draw(board_id, rectangle(), wait=False)) != "ack":
            pass


async def test_a_frozen_log_makes_ops_unknown_then_unavailable_and_the_socket_stays(house: House, edge: Edge) -> None:
    ada = await edge.person()
    board_id, other = await ada.board(), await ada.board()
    async with connected(edge.api, ada.token) as socket:
        await socket.join(board_id)
        await socket.draw(board_id, rectangle())
        os.kill(house.stack.part("kafka").pid, signal.SIGSTOP)
        try:
            first = await socket.draw(board_id, rectangle(), wait=False)
            assert await said(socket, first) == "unknown"
            assert (await socket.kind("unknown", id=first))["retry_after"] >= 1
            later = [await socket.draw(board_id, rectangle(), wait=False) for _ in range(30)]
            assert {await said(socket, each) for each in later} == {"unavailable"}
            await socket.send(kind="join", id="j", room=f"board:{other}", since=None)
            await socket.send(
                kind="send", id="a", type="boards.rename_board", data={"board_id": board_id, "title": "T"}
            )
            await socket.send(kind="ping", id="p")
            await socket.kind("pong", id="p")
            assert await said(socket, "j") == await said(socket, "a") == "unavailable"
            assert all(frame.get("retry_after", 1) >= 1 for frame in socket.frames if frame["kind"] == "reject")
        finally:
            os.kill(house.stack.part("kafka").pid, signal.SIGCONT)
        await draws_again(socket, board_id)

        acked = [frame["id"] for frame in socket.frames if frame["kind"] == "ack"]
        await socket.wait(
            lambda _: acked[-1] in [event["client_id"] for event in socket.events(board_id)], BACK_SECONDS
        )
        seen = [event["client_id"] for event in socket.events(board_id)]
        assert not set(later) & set(seen)
        assert set(acked) <= set(seen)
        assert socket.close_code is None


async def test_over_a_killed_broker_sockets_stay_and_nothing_acked_is_missing(house: House, edge: Edge) -> None:
    ada = await edge.person()
    board_id = await ada.board()
    sent: dict[str, str] = {}
    async with connected(edge.api, ada.token) as socket:
        await socket.join(board_id)

        async def draw(number: int) -> None:
            sent[f"c-{number}"] = await said(socket, await socket.draw(board_id, rectangle(), wait=False), 40)

        async def restart() -> None:
            await asyncio.sleep(0.5)
            await house.stack.kill9("kafka")
            await asyncio.sleep(0.5)
            await house.stack.restart("kafka")

        async with asyncio.TaskGroup() as tasks:
            restarting = tasks.create_task(restart())
            number = 0
            while not restarting.done() or number < 100:
                number += 1
                tasks.create_task(draw(number))
                await asyncio.sleep(0.05)
        await draws_again(socket, board_id)

        acked = {frame["id"] for frame in socket.frames if frame["kind"] == "ack"}
        refused = {name for name, what in sent.items() if what == "unavailable"}
        await socket.wait(lambda _: acked <= {event["client_id"] for event in socket.events(board_id)}, BACK_SECONDS)
        seen = [event["client_id"] for event in socket.events(board_id)]
        assert not refused & set(seen)
        assert len(seen) == len(set(seen))
        assert seen == sorted(seen, key=lambda name: int(name.removeprefix("c-")))
        assert socket.close_code is None
        assert set(sent.values()) <= {"ack", "unavailable", "unknown"}


async def test_without_postgres_those_in_a_room_draw_on_and_unknown_ones_are_unavailable(
    house: House, edge: Edge
) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    board_id = await ada.board()
    await ada.grant(board_id, grace, "editor")
    async with connected(edge.api, ada.token) as one, connected(edge.api, grace.token) as two:
        await one.join(board_id)
        await house.stack.kill9("postgres")
        for _ in range(5):
            await one.draw(board_id, rectangle())
        await one.wait(lambda _: len(one.events(board_id)) == 5)
        await two.send(kind="join", id="j", room=f"board:{board_id}", since=None)
        assert await said(two, "j") == "unavailable"
        # What has changed and cannot be read is not served on an old word: one comes back when it can be read.
        changed = {"type": "boards.link_revoked", "data": {"board_id": board_id, "link_id": board_id}}
        edge.parts.rights.learn([changed])
        await one.kind("reset", room=f"board:{board_id}")
        assert await said(one, await one.draw(board_id, rectangle(), wait=False)) == "unavailable"
        await house.stack.restart("postgres")
        async with asyncio.timeout(BACK_SECONDS):
            tries = 0
            while f"board:{board_id}" not in {frame.get("room") for frame in two.frames if frame["kind"] == "joined"}:
                tries += 1
                await two.send(kind="join", id=f"j-{tries}", room=f"board:{board_id}", since=None)
                await two.wait(lambda frame, name=f"j-{tries}": frame.get("id") == name)
        await two.draw(board_id, rectangle())


async def test_without_redis_acks_go_on_and_the_room_comes_back_by_a_reset(house: House, edge: Edge) -> None:
    ada = await edge.person()
    board_id, other = await ada.board(), await ada.board()
    async with connected(edge.api, ada.token) as socket:
        cursor = (await socket.join(board_id))["cursor"]
        await house.stack.kill9("valkey")
        for _ in range(3):
            await socket.draw(board_id, rectangle())
        await socket.send(kind="join", id="j", room=f"board:{other}", since=None)
        assert await said(socket, "j") == "unavailable"
        await house.stack.restart("valkey")
        await socket.kind("reset", room=f"board:{board_id}")
        joins, answer = itertools.count(1), ""
        async with asyncio.timeout(BACK_SECONDS):
            # A cursor that was written while Redis was still away is stale: then one reads again, as anybody would.
            while answer != "joined":
                delta = await ada.api.get(f"/api/boards/{board_id}/elements?since={cursor}")
                while delta.status != 200 or len(delta.body["elements"]) < 3:
                    await asyncio.sleep(0.1)
                    delta = await ada.api.get(f"/api/boards/{board_id}/elements?since={cursor}")
                back = f"back-{next(joins)}"
                await socket.send(kind="join", id=back, room=f"board:{board_id}", since=delta.body["cursor"])
                answered = await socket.wait(lambda frame, name=back: frame.get("id") == name)
                answer = answered["kind"]
                assert answer in ("joined", "stale"), answered
        last = await socket.draw(board_id, rectangle())
        # What the delta held may come once more: it was numbered anew.
        await socket.wait(lambda _: last in [event["client_id"] for event in socket.events(board_id)])
