"""Each row of the table of close codes, from a real edge."""

import asyncio
import dataclasses
import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from edge.auth.callers import Caller
from edge.ws.tests.house import Edge, House
from schemas.ids import new_id
from tests.edge.client import Socket, connected, rectangle

pytestmark = pytest.mark.integration
PROMISED_SECONDS = 1.0
# The machine may be busy in one of them, not in all.
TRIES = 10


@dataclass
class Clock:
    """What time it is for sockets, as the test says."""

    now: float

    def __call__(self) -> float:
        return self.now


def clock_of(edge: Edge, now: float) -> Clock:
    """The clock of sockets that are opened from here on."""
    sockets, clock = edge.parts.sockets, Clock(now)
    sockets.parts = dataclasses.replace(sockets.parts, now=clock)
    return clock


def end_of(edge: Edge, token: str) -> float:
    """When an access token ends."""
    return edge.parts.tokens.verify_access(token, 0).expires_at


async def opened(socket: Socket, kind: str, count: int = 1) -> list[dict[str, Any]]:
    await socket.wait(lambda _: sum(frame["kind"] == kind for frame in socket.frames) >= count)
    return [frame for frame in socket.frames if frame["kind"] == kind]


@pytest.mark.parametrize(
    "first",
    [
        '{"kind":"ping"}',
        "garbage",
        "",
        '{"kind":"hello"}',
        '{"kind":"hello","token":"junk","client":"t"}',
        '{"kind":"hello","token":5}',
        "{}",
        '{"kind":"dance"}',
        b"\x00binary",
    ],
)
async def test_anything_but_a_good_hello_first_is_4401(edge: Edge, first: str | bytes) -> None:
    async with connected(edge.api) as socket:
        await (socket.ws.send_str(first) if isinstance(first, str) else socket.ws.send_bytes(first))

        assert await socket.closed() == 4401
        assert socket.frames == []


async def test_an_expired_token_is_4401(edge: Edge) -> None:
    async with connected(edge.api) as socket:
        caller = Caller(
            new_id(), new_id(), "A", "#000", guest=False, link_id=None, board_id=None, expires_at=time.time() - 1
        )
        token = edge.parts.tokens.mint_access(caller, time.time() - 10)
        await socket.send(kind="hello", token=token)

        assert await socket.closed() == 4401


async def test_no_hello_in_time_is_4408(house: House) -> None:
    async with house.edge({"hello_seconds": 0.2}) as edge, connected(edge.api) as socket:
        assert await socket.closed() == 4408


async def test_after_a_hello_there_is_no_hurry(edge: Edge) -> None:
    ada = await edge.newcomer()
    async with connected(edge.api, ada.token) as socket:
        welcome = await socket.kind("welcome")

        [connection] = [each for each in edge.parts.sockets._names if each.identifier == welcome["connection"]]
        assert connection._deadline is not None
        left = connection._deadline.when() - asyncio.get_running_loop().time()
        assert left > end_of(edge, ada.token) - time.time()
        await socket.send(kind="ping")
        await socket.kind("pong")


async def test_sends_are_served_a_while_past_the_tokens_end_and_then_it_is_4401(house: House) -> None:
    async with house.edge({"token_grace_seconds": 4.0}) as edge:
        ada = await edge.person()
        board_id = await ada.board()
        end = end_of(edge, ada.token)
        clock = clock_of(edge, end - 0.001)
        async with connected(edge.api, ada.token) as socket:
            ends = (await socket.kind("welcome"))["expires_at"]
            clock.now = end + 1
            await socket.draw(board_id, rectangle())

            assert await socket.closed() == 4401
            assert ends.endswith("Z")


async def test_a_fresh_hello_keeps_connection_and_rooms_past_the_first_tokens_end(house: House) -> None:
    grace_seconds = 3.0
    async with house.edge({"token_grace_seconds": grace_seconds}) as edge:
        ada = await edge.newcomer()
        board_id = await ada.board()
        refreshed = await edge.api.post("/api/auth/refresh", {"refresh_token": ada.refresh_token})
        fresh = refreshed.body["access_token"]
        clock = clock_of(edge, end_of(edge, ada.token) - 0.001)
        loop = asyncio.get_running_loop()
        async with connected(edge.api, ada.token) as socket:
            hung_up_at = loop.time() + grace_seconds
            await socket.join(board_id)
            clock.now = time.time()
            await socket.send(kind="hello", id="again", token=fresh, client="t")
            one, two = await opened(socket, "welcome", 2)
            await asyncio.sleep(hung_up_at + 0.2 - loop.time())
            await socket.draw(board_id, rectangle())
            await socket.wait(lambda _: len(socket.events(board_id)) == 1)
            clock.now = end_of(edge, fresh) - 0.001
            await socket.send(kind="hello", id="last", token=fresh, client="t")

            assert one["connection"] == two["connection"]
            assert two["id"] == "again"
            assert await socket.closed() == 4401
            assert (await socket.kind("welcome", id="last"))["connection"] == one["connection"]


async def test_a_hello_of_somebody_else_is_4401(edge: Edge) -> None:
    ada, grace = await edge.person(), await edge.person("Grace")
    async with connected(edge.api, ada.token) as socket:
        await socket.send(kind="hello", token=grace.token)

        assert await socket.closed() == 4401


async def test_a_bad_second_hello_is_4401_and_one_with_wrong_fields_is_refused(edge: Edge) -> None:
    ada = await edge.person()
    async with connected(edge.api, ada.token) as socket:
        await socket.send(kind="hello", id="w", token=7)
        reject = await socket.kind("reject", id="w")
        await socket.send(kind="hello", token="junk")

        assert reject["errors"][0] | {"message": ""} == {"path": "/token", "message": "", "in": "frame"}
        assert await socket.closed() == 4401


async def test_the_third_unreadable_frame_is_4400_and_wrong_fields_do_not_count(edge: Edge) -> None:
    ada = await edge.person()
    async with connected(edge.api, ada.token) as socket:
        await socket.ws.send_str("{")
        for _ in range(5):
            await socket.send(kind="join")
        await socket.ws.send_bytes(b"{}")
        rejects = await opened(socket, "reject", 7)
        await socket.send(kind="ping")
        await socket.kind("pong")
        await socket.send(kind="dance", id="d")

        assert await socket.closed() == 4400
        codes = [frame["code"] for frame in socket.frames if frame["kind"] == "reject"]
        assert codes == ["malformed", *["schema_invalid"] * 5, "malformed", "malformed"]
        assert len(rejects) == 7


async def test_a_frame_too_large_is_1009(edge: Edge) -> None:
    ada = await edge.person()
    async with connected(edge.api, ada.token) as socket:
        await socket.ws.send_str(json.dumps({"kind": "ping", "id": "x" * (1024 * 1024)}))

        assert await socket.closed() == 1009


async def test_over_three_hundred_refusals_in_ten_seconds_are_4429(house: House) -> None:
    async with house.edge(limit_sends_per_second=1) as edge:
        ada = await edge.person()
        board_id = await ada.board()
        async with connected(edge.api, ada.token) as socket:
            for number in range(400):
                await socket.draw(board_id, rectangle(), wait=False)
                if number == 250:
                    await socket.send(kind="ping")
                    await socket.kind("pong")

            assert await socket.closed() == 4429
            assert sum(frame.get("code") == "rate_limited" for frame in socket.frames) == 301


async def test_a_silent_client_is_1001(house: House) -> None:
    async with house.edge({"ping_seconds": 0.2, "dead_seconds": 3.0}) as edge:
        ada = await edge.person()
        async with connected(edge.api, ada.token, autoping=False) as silent, connected(edge.api, ada.token) as alive:
            assert await silent.closed() == 1001
            assert alive.close_code is None


async def test_a_logout_is_4440_on_every_edge_within_a_second(house: House) -> None:
    async with house.edge() as one, house.edge() as two:
        took: list[float] = []
        while not took or (min(took) >= PROMISED_SECONDS and len(took) < TRIES):
            ada = await one.newcomer()
            async with connected(one.api, ada.token) as here, connected(two.api, ada.token) as there:
                gone = await ada.api.post("/api/auth/logout")
                started = time.monotonic()
                codes = [await here.closed(), await there.closed()]
                took.append(time.monotonic() - started)

                assert gone.status == 204
                assert codes == [4440, 4440]
            async with connected(two.api) as back:
                await back.send(kind="hello", token=ada.token)
                assert await back.closed() == 4440

        assert min(took) < PROMISED_SECONDS


async def test_another_session_of_the_same_person_stays(edge: Edge) -> None:
    ada = await edge.person()
    login = (await edge.api.post("/api/auth/login", {"email": ada.email, "password": ada.password})).body
    async with connected(edge.api, ada.token) as one, connected(edge.api, login["access_token"]) as two:
        await edge.api.as_token(login["access_token"]).post("/api/auth/logout")

        assert await two.closed() == 4440
        await one.send(kind="ping")
        await one.kind("pong")


async def test_a_deleted_person_is_4440(edge: Edge) -> None:
    ada = await edge.newcomer()
    async with connected(edge.api, ada.token) as socket:
        deleted = await ada.api.call("DELETE", "/api/me", {"password": ada.password})

        assert deleted.status == 204
        assert await socket.closed() == 4440


async def test_a_draining_edge_answers_what_it_took_and_is_1012(house: House) -> None:
    async with house.edge(limit_sends_per_second=0) as edge:
        ada = await edge.person()
        board_id = await ada.board()
        async with connected(edge.api, ada.token) as socket, connected(edge.api) as nobody:
            sent = [await socket.draw(board_id, rectangle(), wait=False) for _ in range(50)]
            await socket.send(kind="ping")
            await socket.kind("pong")
            await edge.parts.sockets.close_all()

            assert await socket.closed() == 1012
            assert await nobody.closed() == 1012
            assert [frame["id"] for frame in socket.frames if frame["kind"] == "ack"] == sent
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(edge.api):
                pass
        assert refused.value.status == 503


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("http://localhost", 403), ("https://friend.example", 101)],
)
async def test_a_page_of_another_site_is_refused_by_http(house: House, origin: str, status: int) -> None:
    async with house.edge(origins=("https://friend.example",)) as edge:
        try:
            async with edge.api.http.ws_connect(edge.api.base_url + "/ws", origin=origin):
                got = 101
        except aiohttp.WSServerHandshakeError as refused:
            got = refused.status
        assert got == status


async def test_a_plain_request_for_the_socket_is_a_problem(edge: Edge) -> None:
    answer = await edge.api.get("/ws")

    assert (answer.status, answer.code) == (400, "malformed")
