"""What ends a session or an account works at once, also on another edge; and what administrators and operators do."""

import asyncio
import re
import time

import aiohttp
import asyncpg
import pytest

from tests.edge.client import Answer, Api, Person, connected, register
from tests.product import Edge, Product

pytestmark = pytest.mark.integration

# It comes by itself; how fast is a figure, and not a test.
LIMIT_SECONDS = 30.0


@pytest.fixture
async def elsewhere(product: Product, api: Api) -> Api:
    """Another edge on the same log."""
    return Api((await product.edge()).base_url, api.http)


async def refused(door: Api, seconds: float = LIMIT_SECONDS) -> Answer:
    """The answer once the token is refused."""
    deadline = time.monotonic() + seconds
    while (answer := await door.get("/api/me")).status == 200:
        assert time.monotonic() < deadline, "the token still works"
        await asyncio.sleep(0.02)
    return answer


async def login(door: Api, person: Person) -> Person:
    """Another session of the same person."""
    answer = await door.post("/api/auth/login", {"email": person.email, "password": person.password})
    assert answer.status == 200, answer
    body = answer.body
    return Person(
        door.as_token(body["access_token"]),
        person.email,
        person.password,
        body["user"],
        body["session_id"],
        body["refresh_token"],
    )


async def operate(product: Product, *words: str, **settings: str) -> str:
    """What `doska users …` prints; it must succeed."""
    process = await product.spawn("users", "users", *words, **settings)
    code = await asyncio.wait_for(process.process.wait(), 120)
    assert code == 0, process.log.read_text()
    return process.log.read_text()


async def test_a_closed_session_ends_on_another_edge_too(api: Api, elsewhere: Api) -> None:
    desk = await register(api)
    phone = await login(api, desk)

    async with connected(elsewhere, phone.token) as socket:
        closed = await desk.api.call("DELETE", f"/api/me/sessions/{phone.session_id}")

        assert closed.status == 204
        assert await socket.closed() == 4440
    answer = await refused(elsewhere.as_token(phone.token))
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert (await api.post("/api/auth/refresh", {"refresh_token": phone.refresh_token})).status == 401
    async with connected(elsewhere) as late:
        await late.send(kind="hello", token=phone.token, client="test/1.0")
        assert await late.closed() == 4440
    assert (await desk.api.get("/api/me")).status == 200


async def test_all_other_sessions_close_together(api: Api, elsewhere: Api) -> None:
    desk = await register(api)
    others = [await login(door, desk) for door in (api, elsewhere, elsewhere)]

    async with connected(elsewhere, others[0].token) as one, connected(api, others[1].token) as two:
        answer = await desk.api.call("DELETE", "/api/me/sessions")

        assert answer.status == 204
        assert [await one.closed(), await two.closed()] == [4440, 4440]
    for other in others:
        assert (await refused(elsewhere.as_token(other.token))).status == 401
    [session] = (await desk.api.get("/api/me/sessions")).body["items"]
    assert (session["session_id"], session["current"]) == (desk.session_id, True)


async def test_a_refresh_token_used_twice_ends_the_session_on_every_edge(api: Api, elsewhere: Api) -> None:
    person = await register(api)
    first = (await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})).body
    second = (await elsewhere.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]})).body

    async with connected(elsewhere, second["access_token"]) as socket:
        stolen = await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})

        assert (stolen.status, stolen.code) == (401, "unauthenticated")
        assert await socket.closed() == 4440
    assert (await elsewhere.post("/api/auth/refresh", {"refresh_token": second["refresh_token"]})).status == 401
    assert (await refused(elsewhere.as_token(second["access_token"]))).status == 401


async def test_the_last_use_moves_when_a_socket_opens(api: Api, elsewhere: Api) -> None:
    desk = await register(api)
    phone = await login(api, desk)

    async def seen() -> str:
        items = (await desk.api.get("/api/me/sessions")).body["items"]
        return str(next(item["seen_at"] for item in items if item["session_id"] == phone.session_id))

    before = await seen()
    async with connected(elsewhere, phone.token):
        deadline = time.monotonic() + LIMIT_SECONDS
        while await seen() == before:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_others_see_a_new_name_at_the_next_hello(api: Api) -> None:
    ada, grace = await register(api, "Ada"), await register(api, "Grace")
    board_id = await ada.board()
    await ada.grant(board_id, grace, "viewer")

    async with connected(api, ada.token) as hers, connected(api, grace.token) as his:
        changed = await grace.api.call("PATCH", "/api/me", {"name": "Admiral", "color": "#123456", "avatar": "🦊"})
        # The socket says hello again, still with the token that says the old name.
        await his.hello(grace.token)
        await his.wait(lambda frame: frame["kind"] == "welcome" and frame["user"]["name"] == "Admiral")
        await his.join(board_id)
        joined = await hers.join(board_id)

    assert (changed.status, changed.body["avatar"]) == (200, "🦊")
    members = {member["user_id"]: (member["name"], member["color"]) for member in joined["members"]}
    assert members[grace.user_id] == ("Admiral", "#123456")


async def test_a_profile_has_a_time_zone_of_the_world(api: Api) -> None:
    person = await register(api)

    good = await person.api.call("PATCH", "/api/me", {"time_zone": "Asia/Novosibirsk"})
    wrong = await person.api.call("PATCH", "/api/me", {"time_zone": "Asia/Atlantis"})

    assert (good.status, good.body["time_zone"]) == (200, "Asia/Novosibirsk")
    assert (wrong.status, wrong.code, wrong.paths) == (422, "schema_invalid", ["/time_zone"])


async def test_an_address_changes_with_the_password_and_only_to_a_free_one(api: Api) -> None:
    ada, eve = await register(api), await register(api)
    new = f"moved-{ada.email}"

    wrong = await ada.api.post("/api/me/email", {"email": new, "password": "not this one"})
    taken = await ada.api.post("/api/me/email", {"email": eve.email.upper(), "password": ada.password})
    moved = await ada.api.post("/api/me/email", {"email": new, "password": ada.password})

    assert (wrong.status, wrong.code, wrong.paths) == (403, "forbidden", ["/password"])
    assert (taken.status, taken.code) == (409, "conflict")
    assert moved.status == 204
    assert (await ada.api.get("/api/me")).body["email"] == new
    assert (await api.post("/api/auth/login", {"email": new, "password": ada.password})).status == 200
    assert (await api.post("/api/auth/login", {"email": ada.email, "password": ada.password})).status == 401


async def test_a_link_of_an_operator_sets_a_new_password_once(product: Product, api: Api, elsewhere: Api) -> None:
    person = await register(api)
    printed = await operate(product, "reset", person.email.upper(), DOSKA_PUBLIC_URL="https://board.example")
    [token] = re.findall(r"^https://board\.example/reset#(\S+)$", printed, re.MULTILINE)
    body = {"token": token, "password": "another horse battery"}

    async with connected(elsewhere, person.token) as socket:
        weak = await api.post("/api/auth/reset", body | {"password": "short"})
        right = await elsewhere.post("/api/auth/reset", body)
        again = await api.post("/api/auth/reset", body)
        guessed = await api.post("/api/auth/reset", body | {"token": token[:-2] + "AA"})

        assert (weak.status, weak.paths) == (422, ["/password"])
        assert right.status == 204
        assert (again.status, guessed.status) == (410, 410)
        assert await socket.closed() == 4440
    assert (await refused(api.as_token(person.token))).status == 401
    assert (await api.post("/api/auth/login", {"email": person.email, "password": person.password})).status == 401
    fresh = await api.post("/api/auth/login", {"email": person.email, "password": "another horse battery"})
    assert fresh.status == 200


async def test_an_operator_bans_and_the_person_is_out_everywhere(product: Product, api: Api, elsewhere: Api) -> None:
    person = await register(api)

    async with connected(elsewhere, person.token) as one, connected(api, person.token) as two:
        await operate(product, "ban", person.email)

        assert [await one.closed(), await two.closed()] == [4440, 4440]
    for door in (api, elsewhere):
        assert (await refused(door.as_token(person.token))).status == 401
    out = await api.post("/api/auth/login", {"email": person.email, "password": person.password})
    wrong = await api.post("/api/auth/login", {"email": person.email, "password": "not this one"})
    assert (out.status, out.code) == (403, "forbidden")
    # Who does not know the password does not learn of the ban.
    assert (wrong.status, wrong.code) == (401, "unauthenticated")
    assert "banned" in await operate(product, "list", person.email)
    await operate(product, "unban", person.email)
    assert (await api.post("/api/auth/login", {"email": person.email, "password": person.password})).status == 200


async def test_administrators_see_everybody_and_ban(product: Product, api: Api, elsewhere: Api) -> None:
    chief, troll, other = await register(api, "Chief"), await register(api, "Troll"), await register(api)
    await operate(product, "admin", chief.email)

    me = await chief.api.get("/api/me")
    found = await chief.api.get("/api/users", params={"q": troll.email.upper()})
    async with connected(elsewhere, troll.token) as socket:
        banned = await chief.api.post(f"/api/users/{troll.user_id}/ban")

        assert banned.status == 204
        assert await socket.closed() == 4440
    assert me.body["admin"] is True
    [item] = found.body["items"]
    assert (item["user_id"], item["banned"], item["admin"]) == (troll.user_id, False, False)
    for answer in (
        await other.api.get("/api/users"),
        await other.api.post(f"/api/users/{chief.user_id}/ban"),
    ):
        assert (answer.status, answer.code) == (403, "forbidden")
    assert (await chief.api.post(f"/api/users/{chief.user_id}/ban")).status == 409
    assert (await chief.api.post("/api/users/nobody/ban")).status == 404
    assert (await chief.api.post(f"/api/users/{troll.user_id}/unban")).status == 204
    await operate(product, "admin", chief.email, "--revoke")
    assert (await chief.api.get("/api/users")).status == 403


async def test_an_operator_logs_somebody_out_everywhere(product: Product, api: Api) -> None:
    person = await register(api)

    shown = await operate(product, "show", person.email)
    await operate(product, "close-sessions", person.email)

    assert person.session_id in shown
    assert (await refused(person.api)).status == 401


async def test_an_operator_who_names_nobody_is_told(product: Product) -> None:
    process = await product.spawn("users", "users", "ban", "nobody@example.org")

    assert await asyncio.wait_for(process.process.wait(), 120) == 1
    assert "there is no account with the address nobody@example.org" in process.log.read_text()


async def checks(http: aiohttp.ClientSession, edge: Edge) -> float:
    """How many passwords an edge has held against a hash."""
    async with http.get(f"http://127.0.0.1:{edge.environment['DOSKA_OPERATIONS_PORT']}/metrics") as answer:
        [count] = re.findall(r"^doska_password_checks_total (\S+)$", await answer.text(), re.MULTILINE)
        return float(count)


async def test_an_unknown_address_costs_the_same_check_as_a_known_one(product: Product, api: Api) -> None:
    edge = await product.edge()
    door, person = Api(edge.base_url, api.http), await register(api)

    counts = [await checks(api.http, edge)]
    answers = []
    for email in (person.email, "nobody@example.org"):
        answers.append(await door.post("/api/auth/login", {"email": email, "password": "not this one"}))
        counts.append(await checks(api.http, edge))

    assert [counts[1] - counts[0], counts[2] - counts[1]] == [1, 1]
    assert {**answers[0].body, "trace_id": ""} == {**answers[1].body, "trace_id": ""}
    assert answers[0].status == 401


async def test_a_login_brings_the_hash_up_to_todays_parameters(product: Product, api: Api) -> None:
    person = await register(api)
    stronger = await product.edge(DOSKA_PASSWORD_HASH_PASSES="4", DOSKA_PASSWORD_HASH_KIB="16384")

    async def stored() -> str:
        connection = await asyncpg.connect(product.environment["DOSKA_POSTGRES_DSN"])
        try:
            query = "select password_hash from identity_decider.users where user_id = $1"
            return str(await connection.fetchval(query, person.user_id))
        finally:
            await connection.close()

    before = await stored()
    await login(api, person)
    unchanged = await stored()
    await login(Api(stronger.base_url, api.http), person)
    after = await stored()

    assert before == unchanged
    assert before.startswith("$argon2id$v=19$m=65536,t=3,")
    assert after.startswith("$argon2id$v=19$m=16384,t=4,")
    # The same password, and no session ended by it.
    assert (await person.api.get("/api/me")).status == 200


async def test_wrong_passwords_are_counted_by_all_edges_together(product: Product, api: Api) -> None:
    strict = {"DOSKA_LIMIT_LOGIN_FAILURES_PER_MINUTE": "4", "DOSKA_TRUSTED_PROXIES": "127.0.0.0/8"}
    doors = [Api((await product.edge(**strict)).base_url, api.http) for _ in range(2)]
    person = await register(api)
    here = {"X-Forwarded-For": f"2001:db8::{time.time_ns() % 0xFFFF:x}:1"}
    wrong = {"email": person.email, "password": "not this one"}

    answers = [await doors[number % 2].post("/api/auth/login", wrong, headers=here) for number in range(5)]
    right = await doors[0].post("/api/auth/login", {"email": person.email, "password": person.password}, headers=here)
    there = {"X-Forwarded-For": f"2001:db8::{time.time_ns() % 0xFFFF:x}:2"}
    other = await doors[1].post("/api/auth/login", {"email": person.email, "password": person.password}, headers=there)

    assert [answer.status for answer in answers] == [401, 401, 401, 401, 429]
    assert (right.status, right.code) == (429, "rate_limited")
    assert int(right.headers["Retry-After"]) > 1
    assert other.status == 200
