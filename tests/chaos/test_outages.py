"""A part is away for a while: what must go on goes on, the rest says so, and everything mends by itself."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from compose.embedded.stack import Stack
from tests.edge.client import Api, Json, Person, Socket, connected, rectangle, register
from tests.product import Product

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(300)]

MENDED_SECONDS = 90.0


@pytest.fixture
async def api(world: Product) -> AsyncIterator[Api]:
    """Nobody, at the first edge."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        yield Api(world.base_url, http)


async def stored(person: Person, board_id: str, element: Json) -> None:
    """Wait until the store shows an element."""
    deadline = time.monotonic() + MENDED_SECONDS
    while True:
        answer = await person.api.get(f"/api/boards/{board_id}/elements")
        if answer.status == 200 and element["id"] in {held["id"] for held in answer.body["elements"]}:
            return
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.2)


async def drawn(socket: Socket, board_id: str, element: Json) -> None:
    """Draw one element, again and again as the contract says, until it is acknowledged."""
    deadline = time.monotonic() + MENDED_SECONDS
    while time.monotonic() < deadline:
        identifier = await socket.draw(board_id, element, wait=False)
        answer = await socket.wait(lambda frame, i=identifier: frame.get("id") == i, 20)
        if answer["kind"] == "ack":
            return
        assert answer["kind"] == "unknown" or answer["code"] == "unavailable", answer
        await asyncio.sleep(0.3)
    pytest.fail("never acknowledged")


async def test_without_postgresql_people_draw_on_live_and_the_store_catches_up(parts: Stack, api: Api) -> None:
    ada = await register(api)
    board_id = await ada.board()
    element = rectangle()

    async with connected(api, ada.token) as one, connected(api, ada.token) as two:
        await one.join(board_id)
        await two.join(board_id)
        await parts.kill9("postgres")
        try:
            await one.draw(board_id, element)
            await two.event(board_id, lambda event: event["data"]["elements"][0]["id"] == element["id"])
            refused = await ada.api.post("/api/boards", {"title": "Not now"})
            assert (refused.status, refused.code) in {(503, "unavailable"), (504, "outcome_unknown")}
            assert int(refused.headers["Retry-After"]) >= 1
        finally:
            await parts.restart("postgres")
    await stored(ada, board_id, element)


async def test_without_redis_sockets_stay_acks_go_on_and_a_delta_mends_the_rest(parts: Stack, api: Api) -> None:
    ada = await register(api)
    board_id = await ada.board()
    room = f"board:{board_id}"
    before, during, after = rectangle(), rectangle(), rectangle()

    async with connected(api, ada.token) as one, connected(api, ada.token) as two:
        await one.join(board_id)
        await two.join(board_id)
        await one.draw(board_id, before)
        cursor = (await two.wait(lambda frame: frame["kind"] == "events"))["cursor"]
        await parts.kill9("valkey")
        try:
            await one.draw(board_id, during)
        finally:
            await parts.restart("valkey")
        await two.wait(lambda frame: frame["kind"] == "reset" and frame["room"] == room, MENDED_SECONDS)
        await two.send(kind="join", room=room, since=cursor)
        await two.kind("stale", room=room)
        await stored(ada, board_id, during)
        delta = (await ada.api.get(f"/api/boards/{board_id}/elements?since={cursor}")).body
        await two.join(board_id, since=delta["cursor"])
        await one.draw(board_id, after)
        await two.event(board_id, lambda event: event["data"]["elements"][0]["id"] == after["id"])

        assert during["id"] in {element["id"] for element in delta["elements"]}
        assert before["id"] not in {element["id"] for element in delta["elements"]}
        assert one.close_code is None


async def test_without_kafka_nothing_is_acknowledged_sockets_stay_and_it_goes_on_by_itself(
    parts: Stack, api: Api
) -> None:
    ada = await register(api)
    board_id = await ada.board()
    element = rectangle()

    async with connected(api, ada.token) as one, connected(api, ada.token) as two:
        await one.join(board_id)
        await two.join(board_id)
        await parts.kill9("kafka")
        try:
            await asyncio.sleep(2)
            identifier = await one.draw(board_id, rectangle(), wait=False)
            answer = await one.wait(lambda frame: frame.get("id") == identifier, MENDED_SECONDS)
            assert (answer["kind"], answer.get("code")) == ("reject", "unavailable"), answer
            assert answer["retry_after"] >= 1
            await one.send(kind="ping")
            await one.kind("pong")
        finally:
            await parts.restart("kafka")
        await drawn(one, board_id, element)
        await two.wait(lambda _: any(e["data"]["elements"][0]["id"] == element["id"] for e in two.events(board_id)), 30)
        assert (one.close_code, two.close_code) == (None, None)
    await stored(ada, board_id, element)
