"""Telling the schemas to a registry: Apicurio itself where it is asked for, else one that says what a test tells it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from jobs.schema_registry import Registered, register, subject_of
from schemas.registry import registry
from tests.apicurio import asked_for
from topics.errors import Misconfigured, Unavailable

TYPES = [registry().get(name) for name in ("boards.create_board", "boards.draw", "identity.register_user")]
JSON_SCHEMA = "application/vnd.schemaregistry.v1+json"


class Registry:
    """Confluent's interface as far as it is asked: look up, register; `refuses` answers instead."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.refuses: tuple[int, Any] | None = None
        self.seen: list[str | None] = []

    async def look_up(self, request: web.Request) -> web.Response:
        return await self._answer(request, register_it=False)

    async def register(self, request: web.Request) -> web.Response:
        return await self._answer(request, register_it=True)

    async def _answer(self, request: web.Request, *, register_it: bool) -> web.Response:
        self.seen.append(request.headers.get("Authorization"))
        assert request.content_type == JSON_SCHEMA
        body = await request.json()
        assert body["schemaType"] == "JSON"
        if self.refuses is not None:
            status, told = self.refuses
            return web.json_response(told, status=status)
        subject = request.match_info["subject"]
        if register_it:
            self.held[subject] = body["schema"]
        if self.held.get(subject) != body["schema"]:
            return web.json_response({"error_code": 40401, "message": "Subject not found"}, status=404)
        return web.json_response({"id": 1 + list(self.held).index(subject)})


@pytest.fixture
async def served() -> AsyncIterator[tuple[Registry, str]]:
    told = Registry()
    app = web.Application()
    app.router.add_post("/subjects/{subject}", told.look_up)
    app.router.add_post("/subjects/{subject}/versions", told.register)
    async with TestServer(app) as server:
        yield told, str(server.make_url("")).rstrip("/")


async def test_each_version_of_a_type_is_a_subject_and_is_told_once(served: tuple[Registry, str]) -> None:
    told, url = served

    first = await register(url, TYPES)
    again = await register(url + "/", TYPES)

    assert [each.subject for each in first] == ["boards.create_board.v1", "boards.draw.v1", "identity.register_user.v1"]
    assert [each.new for each in first] == [True] * 3
    assert again == [Registered(each.subject, each.id, new=False) for each in first]
    assert '"kid"' in told.held["identity.register_user.v1"], "a secret stands sealed in the log, and so in its schema"


async def test_a_name_and_a_password_in_the_address_are_used_and_never_shown(served: tuple[Registry, str]) -> None:
    told, url = served
    told.refuses = (401, {"error_code": 401, "message": "Unauthorized"})

    with pytest.raises(Misconfigured, match="does not let us in") as refused:
        await register(url.replace("http://", "http://me:secret%3A%201@"), TYPES)

    assert told.seen == [aiohttp.encode_basic_auth("me", "secret: 1")]
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (409, {"error_code": 409, "message": "READER_FIELD_MISSING"}, Misconfigured, "incompatible .409: READER_FIELD"),
        (422, {"error_code": 42201, "message": "Invalid schema"}, Misconfigured, "refuses boards.create_board.v1 .422"),
        (500, "no JSON object", Unavailable, "fails at boards.create_board.v1 .500"),
    ],
)
async def test_a_refusal_is_told_in_its_own_words(
    served: tuple[Registry, str], status: int, body: Any, kind: type[Exception], words: str
) -> None:
    told, url = served
    told.refuses = (status, body)

    with pytest.raises(kind, match=words):
        await register(url, TYPES)


async def test_one_that_is_not_there_and_an_address_that_is_none() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await register("http://127.0.0.1:1", TYPES)
    with pytest.raises(Misconfigured, match="must be like"):
        await register("registry.example.org", TYPES)


@pytest.mark.apicurio
@pytest.mark.timeout(600)
@pytest.mark.skipif(not asked_for(), reason="set DOSKA_TEST_APICURIO=1: it fetches and starts Apicurio")
async def test_apicurio_takes_every_schema_once_and_gives_it_back(apicurio: str) -> None:
    types = registry().types()

    first = await register(apicurio, types)
    again = await register(apicurio, types)

    assert all(each.new for each in first)
    assert [(each.subject, each.id, each.new) for each in again] == [(each.subject, each.id, False) for each in first]
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{apicurio}/subjects") as answer:
            assert set(await answer.json(content_type=None)) >= {subject_of(mt) for mt in types}
        async with http.get(f"{apicurio}/schemas/ids/{first[0].id}") as answer:
            held = await answer.json(content_type=None)
    assert held["schemaType"] == "JSON"
    assert types[0].schema["title"] in held["schema"]
