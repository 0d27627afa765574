"""Requests of the load client: whole answers in every form that a server may give them."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from jobs.bench.load.refusal import Refused
from jobs.bench.load.web import Web
from tests.loopback import listening

LONG = {"text": "x" * 300_000}


BUSY = web.AppKey("busy", list[str])


async def _answer(request: web.Request) -> web.StreamResponse:
    how = request.match_info["how"]
    if how == "busy" and len(request.app[BUSY]) < 2:
        request.app[BUSY].append(request.method)
        return web.json_response({"code": "unavailable", "detail": "Later."}, status=503, headers={"Retry-After": "0"})
    if how == "refused":
        return web.json_response({"code": "conflict", "detail": "Not twice."}, status=409)
    if how == "echo":
        return web.json_response({"body": await request.json(), "who": request.headers["Authorization"]})
    response = web.json_response(LONG)
    if how == "chunked":
        response.enable_chunked_encoding()
    if how == "gzip":
        response.enable_compression(web.ContentCoding.gzip)
    if how == "closing":
        response.force_close()
    return response


@pytest.fixture
async def url() -> AsyncIterator[str]:
    application = web.Application()
    application[BUSY] = []
    application.router.add_route("*", "/{how}", _answer)
    async with listening(application) as address:
        yield address


@pytest.mark.parametrize("how", ["plain", "chunked", "gzip", "closing"])
async def test_an_answer_is_read_to_its_end_and_the_connection_serves_again(url: str, how: str) -> None:
    requests = Web(url, gzip=True)

    for _ in range(2):
        assert await requests.call("GET", f"/{how}") == LONG
    requests.close()


async def test_a_body_is_sent_with_who_sends_it(url: str) -> None:
    requests = Web(url, "token")

    assert await requests.call("POST", "/echo", {"a": 1}) == {"body": {"a": 1}, "who": "Bearer token"}
    requests.close()


async def test_a_read_of_a_busy_server_is_asked_again_and_a_write_is_not(url: str) -> None:
    requests = Web(url)

    with pytest.raises(Refused, match="POST /busy: 503 unavailable"):
        await requests.call("POST", "/busy", {})
    assert await requests.call("GET", "/busy") == LONG
    requests.close()


async def test_a_refusal_says_what_the_server_said(url: str) -> None:
    requests = Web(url)

    with pytest.raises(Refused, match=r"POST /refused: 409 conflict: Not twice\."):
        await requests.call("POST", "/refused", {})
    requests.close()
