"""Every refusal and every bug has the one form."""

import asyncio
from collections.abc import AsyncIterator
from typing import get_args

import pytest
from aiohttp import ClientPayloadError, web
from aiohttp.test_utils import TestClient, TestServer

from edge.errors import TITLES, ApiError
from edge.http.problems import problems
from edge.http.route import Handler
from schemas.problems import STATUS, Code, Problem

Client = TestClient[web.Request, web.Application]
MEMBERS = {"type", "title", "status", "detail", "code", "errors", "trace_id"}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async def refuse(request: web.Request) -> web.Response:
        raise ApiError(request.match_info["code"], "why", [Problem("/a", "b")])

    async def late(request: web.Request) -> web.Response:
        raise ApiError("rate_limited", "why", retry_after=2.1)

    async def break_down(_request: web.Request) -> web.Response:
        raise ZeroDivisionError("a secret of the server")

    async def break_down_late(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        raise ZeroDivisionError

    async def move(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    app = web.Application(middlewares=[problems])
    app.router.add_get("/refuse/{code}", refuse)
    app.router.add_get("/late", late)
    app.router.add_get("/bug", break_down)
    app.router.add_get("/late_bug", break_down_late)
    app.router.add_get("/move", move)
    async with TestClient(TestServer(app)) as found:
        yield found


@pytest.mark.parametrize("code", get_args(Code))
async def test_every_code_has_its_status_and_form(client: Client, code: Code) -> None:
    answer = await client.get(f"/refuse/{code}")

    body = await answer.json()
    assert answer.status == STATUS[code] == body["status"]
    assert answer.content_type == "application/problem+json"
    assert set(body) == MEMBERS
    assert (body["code"], body["errors"], body["title"]) == (code, [{"path": "/a", "message": "b"}], TITLES[code])
    assert ("Retry-After" in answer.headers) == (answer.status in (429, 503, 504))


async def test_waiting_is_told_in_whole_seconds_upwards(client: Client) -> None:
    assert (await client.get("/late")).headers["Retry-After"] == "3"


async def test_a_bug_tells_nothing_but_its_trace(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    answer = await client.get("/bug", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})

    body = await answer.json()
    assert (answer.status, body["code"], body["errors"], body["trace_id"]) == (500, "internal", [], trace)
    assert "secret" not in await answer.text()


async def test_a_bug_in_the_middle_of_an_answer_ends_it(client: Client) -> None:
    answer = await client.get("/late_bug")

    with pytest.raises(ClientPayloadError):
        await answer.read()


async def test_a_redirect_is_no_problem(client: Client) -> None:
    assert (await client.get("/move", allow_redirects=False)).status == 302


async def test_an_unknown_address_and_method_are_problems(client: Client) -> None:
    missing, method = await client.get("/nothing"), await client.post("/bug")

    assert ((await missing.json())["code"], (await method.json())["code"]) == ("not_found", "method_not_allowed")
    assert set(method.headers["Allow"].split(", ")) == {"GET", "HEAD"}


async def test_whoever_hangs_up_in_the_middle_of_a_body_is_no_bug_of_ours() -> None:
    begun = asyncio.Event()
    ended: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except BaseException as error:
            ended.set_result(error)
            raise
        ended.set_result(None)
        return response

    async def read(request: web.Request) -> web.Response:
        begun.set()
        return web.Response(body=await request.read())

    app = web.Application(middlewares=[watched, problems])
    app.router.add_post("/", read)
    # Not `TestServer`: it has handlers cancelled, and the edge has not.
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with asyncio.timeout(30):
            _, writer = await asyncio.open_connection(*runner.addresses[0])
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nten bytes.")
            await begun.wait()
            writer.close()
            await writer.wait_closed()
            error = await ended
    finally:
        await runner.cleanup()

    # Passed on as it came: aiohttp takes it for what it is. A bug would have been answered, and told to the log.
    assert isinstance(error, ConnectionResetError)
