"""Bodies: kinds, sizes, encodings, as a server reads them from the wire."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.http import bodies
from edge.http.bodies import Body, read_json, read_object
from edge.http.pace import paced
from edge.http.problems import problems

Client = TestClient[web.Request, web.Application]
JSON = {"Content-Type": "application/json"}
LIMIT = 1000


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    schema = Body(("a",), {"a": {"type": "integer", "minimum": 1}, "b": {"type": "string"}})

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(await read_json(request, max_bytes=LIMIT))

    async def checked(request: web.Request) -> web.Response:
        return web.json_response(await read_object(request, schema))

    app = web.Application(middlewares=[problems])
    app.router.add_post("/echo", echo)
    app.router.add_post("/checked", checked)
    server = TestServer(app)
    await server.start_server(auto_decompress=False)
    async with TestClient(server) as found:
        yield found


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
async def test_json_is_read(client: Client, content_type: str) -> None:
    answer = await client.post("/echo", data=b'{"a": 1}', headers={"Content-Type": content_type})

    assert (answer.status, await answer.json()) == (200, {"a": 1})


@pytest.mark.parametrize("headers", [JSON, {"Content-Type": "text/plain"}, {}])
async def test_an_empty_body_counts_as_an_empty_object(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/echo", data=b"", headers=headers)

    assert (answer.status, await answer.json()) == (200, {})


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ""},
        JSON | {"Content-Encoding": "gzip"},
        JSON | {"Content-Encoding": "identity"},
    ],
)
async def test_other_bodies_are_unsupported(client: Client, headers: dict[str, str]) -> None:
    answer = await client.post("/echo", data=b'{"a": 1}', headers=headers)

    assert (answer.status, (await answer.json())["code"]) == (415, "unsupported_media_type")


async def test_a_compressed_body_is_not_unpacked(client: Client) -> None:
    bomb = zlib.compress(b"0" * 10_000_000)

    answer = await client.post("/echo", data=bomb, headers=JSON | {"Content-Encoding": "deflate"})

    assert answer.status == 415


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_too_large(client: Client, announced: bool) -> None:
    raw = b'"' + b"x" * LIMIT + b'"'

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), 100):
            yield raw[at : at + 100]

    answer = await client.post("/echo", data=raw if announced else pieces(), headers=JSON)
    fits = await client.post("/echo", data=b'"' + b"x" * (LIMIT - 2) + b'"', headers=JSON)

    assert (answer.status, (await answer.json())["code"]) == (413, "too_large")
    assert fits.status == 200


async def test_a_body_is_checked_against_its_schema(client: Client) -> None:
    answers = {
        body: await client.post("/checked", data=body.encode(), headers=JSON)
        for body in ('{"a":1}', "{}", '{"a":0}', '{"a":1,"c":2}', "[]", '{"a":1,"b":null}', "{")
    }

    found = {
        body: (answer.status, [error["path"] for error in (await answer.json()).get("errors", [])])
        for body, answer in answers.items()
    }
    assert found == {
        '{"a":1}': (200, []),
        "{}": (422, ["/a"]),
        '{"a":0}': (422, ["/a"]),
        '{"a":1,"c":2}': (422, ["/c"]),
        "[]": (422, [""]),
        '{"a":1,"b":null}': (422, ["/b"]),
        "{": (400, []),
    }


async def test_a_body_that_hardly_comes_is_refused(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(bodies, "paced", partial(paced, patience_seconds=0.05))

    async def drip() -> AsyncIterator[bytes]:
        yield b'{"a":'
        await asyncio.Event().wait()

    answer = await client.post("/echo", data=drip(), headers=JSON)

    assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
