"""What closes a socket, and what is too much for one."""

import asyncio
import json
import time

import aiohttp
import pytest

from tests.edge.client import Api, Person, connected, rectangle
from tests.product import Product

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("first", ['{"kind":"ping"}', "garbage", '{"kind":"hello","token":"junk","client":"t"}', "{}"])
async def test_without_a_good_hello_the_socket_closes(api: Api, first: str) -> None:
    async with connected(api) as socket:
        await socket.ws.send_str(first)
        assert await socket.closed() == 4401


async def test_no_hello_in_five_seconds_closes_the_socket(api: Api) -> None:
    async with connected(api) as socket:
        assert await socket.closed() == 4408


async def test_the_third_unreadable_frame_closes_the_socket(api: Api, ada: Person) -> None:
    async with connected(api, ada.token) as socket:
        await socket.ws.send_str("{")
        await socket.kind("reject", code="malformed")
        await socket.ws.send_bytes(b"{}")
        await socket.wait(lambda _: sum(f["kind"] == "reject" for f in socket.frames) == 2)
        await socket.ws.send_str('{"kind":"dance"}')
        assert await socket.closed() == 4400


async def test_a_frame_over_a_mebibyte_closes_the_socket(api: Api, ada: Person) -> None:
    async with connected(api, ada.token) as socket:
        await socket.ws.send_str(json.dumps({"kind": "ping", "id": "x" * (1024 * 1024)}))
        assert await socket.closed() == 1009


async def test_a_foreign_origin_is_refused_before_the_socket_opens(api: Api) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with api.http.ws_connect(api.base_url + "/ws", origin="https://evil.example"):
            pass
    assert refused.value.status == 403


async def test_an_expired_token_is_served_five_seconds_more(product: Product, api: Api, ada: Person) -> None:
    short = await product.edge(DOSKA_ACCESS_TOKEN_SECONDS="8")
    door = Api(short.base_url, api.http)
    board_id = await ada.board()
    login = (await door.post("/api/auth/login", {"email": ada.email, "password": ada.password})).body
    end = time.monotonic() + 8

    async with connected(door, login["access_token"]) as socket:
        await socket.join(board_id)
        await asyncio.sleep(max(0.0, end + 0.2 - time.monotonic()))
        await socket.draw(board_id, rectangle())
        assert await socket.closed() == 4401


async def test_a_fresh_hello_prolongs_the_connection(product: Product, api: Api, ada: Person) -> None:
    short = await product.edge(DOSKA_ACCESS_TOKEN_SECONDS="10")
    door = Api(short.base_url, api.http)
    login = (await door.post("/api/auth/login", {"email": ada.email, "password": ada.password})).body

    async with connected(door) as socket:
        first = await socket.hello(login["access_token"])
        fresh = (await door.post("/api/auth/refresh", {"refresh_token": login["refresh_token"]})).body
        await socket.send(kind="hello", token=fresh["access_token"], client="test/1.0")
        await socket.wait(lambda _: sum(f["kind"] == "welcome" for f in socket.frames) == 2)
        second = [f for f in socket.frames if f["kind"] == "welcome"][1]
        assert second["connection"] == first["connection"]


async def test_too_many_sends_are_limited_and_the_socket_stays(product: Product, api: Api, ada: Person) -> None:
    slow = await product.edge(DOSKA_LIMIT_SENDS_PER_SECOND="5")
    door = Api(slow.base_url, api.http)
    board_id = await ada.board()

    async with connected(door, ada.token) as socket:
        begun = time.monotonic()
        for _ in range(30):
            await socket.draw(board_id, rectangle(), wait=False)
        await socket.wait(lambda _: sum(f["kind"] in ("ack", "reject") for f in socket.frames) == 30)
        took = time.monotonic() - begun
        rejects = [f for f in socket.frames if f["kind"] == "reject"]
        acks = [f for f in socket.frames if f["kind"] == "ack"]
        assert {reject["code"] for reject in rejects} == {"rate_limited"}
        assert all(reject["retry_after"] >= 1 for reject in rejects)
        assert 10 <= len(acks) <= 10 + 5 * took


async def test_a_flood_over_its_limit_is_closed(product: Product, api: Api, ada: Person) -> None:
    slow = await product.edge(DOSKA_LIMIT_SENDS_PER_SECOND="1")
    door = Api(slow.base_url, api.http)
    board_id = await ada.board()

    async with connected(door, ada.token) as socket:
        for _ in range(310):
            await socket.draw(board_id, rectangle(), wait=False)
        assert await socket.closed() == 4429


async def test_a_draining_edge_says_so(product: Product, api: Api, ada: Person) -> None:
    edge = await product.edge()

    async with connected(Api(edge.base_url, api.http), ada.token) as socket:
        code = asyncio.create_task(edge.process.stop())
        assert await socket.closed() == 1012
        assert await code == 0


async def test_a_room_too_many_is_a_conflict(api: Api, ada: Person) -> None:
    boards = [await ada.board() for _ in range(51)]

    async with connected(api, ada.token) as socket:
        for board_id in boards[:50]:
            await socket.join(board_id)
        await socket.send(kind="join", room=f"board:{boards[50]}", since=None)
        assert (await socket.kind("reject"))["code"] == "conflict"
