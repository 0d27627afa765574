"""The same write twice under one key is one write, whatever kind of write it is."""

import asyncio
import json
import secrets
import signal
from collections.abc import AsyncIterator

import aiohttp
import pytest
import redis.asyncio as redis

from edge.http.tests.waiting import until
from edge.limits import IMPORTS_AT_ONCE
from tests.edge.client import Answer, Api, Person, rectangle, register
from tests.product import Product

pytestmark = pytest.mark.integration
FILE = {"type": "excalidraw", "elements": [rectangle()]}
MANY = {"elements": [rectangle() for _ in range(400)]}


@pytest.fixture
async def store(prepared_environment: dict[str, str]) -> AsyncIterator[redis.Redis]:
    """Redis, where the edges remember."""
    found = redis.Redis.from_url(prepared_environment["DOSKA_REDIS_URL"])
    yield found
    await found.aclose()


def key() -> dict[str, str]:
    """A fresh key."""
    return {"Idempotency-Key": secrets.token_hex(8)}


def form(file: object, name: str = "x.excalidraw") -> aiohttp.FormData:
    """A form with a file; its boundary is another each time."""
    made = aiohttp.FormData()
    made.add_field("file", json.dumps(file), filename=name, content_type="application/json")
    return made


def same(*answers: Answer) -> bool:
    """Whether all answers are the first one."""
    return all((answer.status, answer.body) == (answers[0].status, answers[0].body) for answer in answers)


async def test_the_first_answer_comes_again_even_when_the_thing_has_changed(ada: Person) -> None:
    once = key()
    made = await ada.api.post("/api/boards", {"title": "First"}, headers=once)
    await ada.api.call("PATCH", f"/api/boards/{made.body['board_id']}", {"title": "Second"})

    again = await ada.api.post("/api/boards", {"title": "First"}, headers=once)

    assert same(made, again)


async def test_what_redis_has_lost_the_decider_still_knows(ada: Person, store: redis.Redis) -> None:
    once = key()
    made = await ada.api.post("/api/boards", {"title": "Kept"}, headers=once)
    async for name in store.scan_iter(f"idempotency:{ada.user_id}:*"):
        await store.delete(name)

    again = await ada.api.post("/api/boards", {"title": "Kept"}, headers=once)
    async for name in store.scan_iter(f"idempotency:{ada.user_id}:*"):
        await store.delete(name)
    other = await ada.api.post("/api/boards", {"title": "Other"}, headers=once)

    assert same(made, again)
    assert (other.status, other.code) == (409, "conflict")


async def test_the_order_of_keys_in_a_body_does_not_count(ada: Person) -> None:
    once = key() | {"Content-Type": "application/json"}
    board_id = await ada.board()
    path = f"/api/boards/{board_id}/links"

    first = await ada.api.post(path, data=b'{"role":"viewer","password":"x"}', headers=once)
    again = await ada.api.post(path, data=b'{"password":"x", "role":"viewer"}', headers=once)

    assert first.status == 201
    assert same(first, again)


async def test_a_link_made_once_shows_its_token_again_and_nothing_remembers_it(ada: Person, store: redis.Redis) -> None:
    once = key()
    path = f"/api/boards/{await ada.board()}/links"

    first = await ada.api.post(path, {"role": "viewer"}, headers=once)
    again = await ada.api.post(path, {"role": "viewer"}, headers=once)

    assert first.body["token"]
    assert same(first, again)
    async for name in store.scan_iter(f"idempotency:{ada.user_id}:*"):
        assert first.body["token"].encode() not in (await store.get(name) or b"")


async def test_an_op_a_copy_and_an_import_are_done_once(ada: Person) -> None:
    board_id = await ada.board()
    draw, copy, file = key(), key(), key()
    elements = {"elements": [rectangle()]}

    drawn = [await ada.api.post(f"/api/boards/{board_id}/elements", elements, headers=draw) for _ in range(2)]
    copied = [await ada.api.post(f"/api/boards/{board_id}/duplicate", {}, headers=copy) for _ in range(2)]
    imported = [await ada.api.post("/api/boards/import", data=form(FILE), headers=file) for _ in range(2)]
    others = [
        await ada.api.post(f"/api/boards/{board_id}/elements", {"elements": [rectangle()]}, headers=draw),
        await ada.api.post("/api/boards/import", data=form({"elements": []}), headers=file),
    ]

    assert [answers[0].status for answers in (drawn, copied, imported)] == [200, 201, 201]
    assert same(*drawn)
    assert same(*copied)
    assert same(*imported)
    assert {other.code for other in others} == {"conflict"}


async def test_an_import_that_redis_forgot_is_not_made_again(ada: Person, store: redis.Redis) -> None:
    once = key()
    made = await ada.api.post("/api/boards/import", data=form(FILE), headers=once)
    async for name in store.scan_iter(f"idempotency:{ada.user_id}:*"):
        await store.delete(name)

    again = await ada.api.post("/api/boards/import", data=form(FILE), headers=once)

    assert (made.status, again.status) == (201, 201)
    assert again.body["board_id"] == made.body["board_id"]
    assert again.body["position"]


async def test_a_repeat_needs_no_right_any_more(ada: Person) -> None:
    once, board_id = key(), await ada.board()

    answers = [await ada.api.call("DELETE", f"/api/boards/{board_id}", headers=once) for _ in range(2)]
    without = await ada.api.call("DELETE", f"/api/boards/{board_id}")

    assert [answer.status for answer in answers] == [204, 204]
    assert without.status == 409


async def test_a_deciders_refusal_is_remembered(ada: Person, grace: Person) -> None:
    once, board_id = key(), await ada.board()
    await ada.grant(board_id, grace, "editor")
    path = f"/api/boards/{board_id}/grants/{ada.user_id}"

    refused = await ada.api.call("DELETE", path, headers=once)
    await ada.grant(board_id, grace, "owner")
    again = await ada.api.call("DELETE", path, headers=once)
    anew = await ada.api.call("DELETE", path, headers=key())

    assert (refused.status, again.status, anew.status) == (409, 409, 204)
    assert again.body["detail"] == refused.body["detail"]


async def test_the_edges_refusals_are_not_remembered(ada: Person, grace: Person) -> None:
    wrong_body, too_low = key(), key()
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")
    path = f"/api/boards/{board_id}"

    invalid = await ada.api.post("/api/boards", {"title": ""}, headers=wrong_body)
    valid = await ada.api.post("/api/boards", {"title": "x"}, headers=wrong_body)
    forbidden = await grace.api.call("PATCH", path, {"title": "x"}, headers=too_low)
    await ada.grant(board_id, grace, "editor")
    allowed = await grace.api.call("PATCH", path, {"title": "x"}, headers=too_low)

    assert (invalid.status, valid.status) == (422, 201)
    assert (forbidden.status, allowed.status) == (403, 200)


async def test_a_key_is_of_one_person_and_one_route(ada: Person, grace: Person) -> None:
    once, body = key(), {"title": "Same"}

    mine = await ada.api.post("/api/boards", body, headers=once)
    hers = await grace.api.post("/api/boards", body, headers=once)
    by_type = await ada.api.post("/api/actions/boards.create_board", body, headers=once)
    elsewhere = await ada.api.call("PATCH", "/api/me", {"name": "Ada"}, headers=once)

    assert mine.body["board_id"] != hers.body["board_id"]
    assert same(mine, by_type)
    assert (elsewhere.status, elsewhere.code) == (409, "conflict")


async def test_while_the_first_runs_the_others_are_told_to_wait(ada: Person) -> None:
    once, path = key(), "/api/boards/import"

    answers = await asyncio.gather(*(ada.api.post(path, data=form(MANY), headers=once) for _ in range(IMPORTS_AT_ONCE)))

    made = [answer for answer in answers if answer.status == 201]
    waiting = [answer for answer in answers if answer.status == 409]
    assert len({answer.body["board_id"] for answer in made}) == 1
    assert len(made) + len(waiting) == IMPORTS_AT_ONCE
    assert all(answer.headers["Retry-After"] == "1" for answer in waiting)


async def test_an_edge_that_stood_still_until_another_did_its_work_shows_what_that_one_made(
    api: Api, product: Product, store: redis.Redis
) -> None:
    person, once = await register(api, "Twice"), key()
    frozen = await product.edge()
    there = Api(frozen.base_url, api.http, person.token)

    first = asyncio.create_task(imported(there, once))

    async def claimed() -> bool:
        return bool(await claims_of(person, store))

    await until(claimed, 30)
    frozen.process.process.send_signal(signal.SIGSTOP)
    # As at the end of its lease.
    await store.delete(*await claims_of(person, store))
    second = await imported(person.api, once)
    frozen.process.process.send_signal(signal.SIGCONT)

    assert (await first)["board_id"] == second["board_id"]
    assert [board["board_id"] for board in (await person.api.get("/api/boards")).body["items"]] == [second["board_id"]]


async def claims_of(person: Person, store: redis.Redis) -> list[bytes]:
    """Under which names there is something of somebody."""
    return [name async for name in store.scan_iter(f"idempotency:{person.user_id}:*")]


async def imported(api: Api, once: dict[str, str]) -> dict[str, str]:
    """The board of a file of many elements, asked for until it is there."""
    async with asyncio.timeout(60):
        while True:
            answer = await api.post("/api/boards/import", data=form(MANY), headers=once)
            if answer.status not in (409, 503, 504):
                assert answer.status == 201, answer.body
                return dict(answer.body)
            await asyncio.sleep(0.1)


async def test_every_write_names_its_key_and_reads_do_not(ada: Person) -> None:
    once = key()

    made = await ada.api.post("/api/boards", {"title": "x"})
    refused = await ada.api.post("/api/boards", {}, headers=once)
    read = await ada.api.get("/api/boards", headers=once)

    assert 1 <= len(made.headers["Idempotency-Key"]) <= 128
    assert refused.headers["Idempotency-Key"] == once["Idempotency-Key"]
    assert "Idempotency-Key" not in read.headers


async def test_the_key_that_the_edge_made_can_be_used(ada: Person) -> None:
    made = await ada.api.post("/api/boards", {"title": "x"})

    again = await ada.api.post(
        "/api/boards", {"title": "x"}, headers={"Idempotency-Key": made.headers["Idempotency-Key"]}
    )

    assert same(made, again)


async def test_a_key_has_128_characters_at_most(ada: Person) -> None:
    longest = await ada.api.post("/api/boards", {"title": "x"}, headers={"Idempotency-Key": secrets.token_hex(64)})
    too_long = await ada.api.call("PATCH", "/api/me", {"name": "x"}, headers={"Idempotency-Key": "x" * 129})

    assert longest.status == 201
    assert (too_long.status, too_long.code, too_long.paths) == (422, "schema_invalid", [""])


async def test_answers_with_secrets_ignore_keys(api: Api, ada: Person) -> None:
    once = key()
    link = await ada.link(await ada.board(), "viewer")

    people = [await register(api, "Twin") for _ in range(2)]
    logins = [
        await api.post("/api/auth/login", {"email": ada.email, "password": ada.password}, headers=once)
        for _ in range(2)
    ]
    opened = [await api.post(f"/api/links/{link['token']}/open", {}, headers=once) for _ in range(2)]
    logout = await people[0].api.post("/api/auth/logout", headers=once)

    assert people[0].user_id != people[1].user_id
    assert len({login.body["session_id"] for login in logins}) == 2
    assert len({one.body["access_token"] for one in opened}) == 2
    assert all("Idempotency-Key" not in answer.headers for answer in (*logins, *opened, logout))
