"""Registration, login, sessions and the person's own page."""

import asyncio

import pytest

from tests.edge.client import Api, Person, connected, register
from tests.product import Product

pytestmark = pytest.mark.integration


async def test_a_new_person_has_a_session_and_a_personal_workspace(api: Api) -> None:
    person = await register(api, "Ada Lovelace")

    me = await person.api.get("/api/me")
    workspaces = await person.api.get("/api/workspaces")

    assert me.body == person.user
    # The first account of an instance administers it and is told so.
    assert set(me.body) - {"admin"} == {"user_id", "email", "name", "color", "locale", "guest"}
    assert (me.body["name"], me.body["email"], me.body["guest"]) == ("Ada Lovelace", person.email, False)
    [workspace] = workspaces.body["items"]
    assert (workspace["personal"], workspace["role"]) == (True, "admin")


async def test_a_taken_address_is_a_conflict_whatever_its_case(api: Api, ada: Person) -> None:
    body = {"email": ada.email.upper(), "password": "correct horse battery", "name": "Other"}

    answer = await api.post("/api/auth/register", body)

    assert (answer.status, answer.code) == (409, "conflict")


async def test_of_many_registrations_of_one_address_one_wins(api: Api) -> None:
    body = {"email": "same-" + (await register(api)).email, "password": "correct horse battery", "name": "Twin"}

    answers = await asyncio.gather(*(api.post("/api/auth/register", body) for _ in range(8)))

    assert sorted(answer.status for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": "a" * 250 + "@example.org"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 257}, "/password"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"user_id": "01890000-0000-7000-8000-000000000000"}, "/user_id"),
    ],
)
async def test_a_bad_registration_is_refused_with_its_path(api: Api, change: dict[str, str], path: str) -> None:
    good = {"email": "new@example.org", "password": "correct horse battery", "name": "New"}

    answer = await api.post("/api/auth/register", good | change)

    assert (answer.status, answer.code, answer.paths) == (422, "schema_invalid", [path])


async def test_login_gives_a_new_session_and_a_wrong_password_tells_nothing(api: Api, ada: Person) -> None:
    good = await api.post("/api/auth/login", {"email": ada.email.upper(), "password": ada.password})
    wrong = await api.post("/api/auth/login", {"email": ada.email, "password": "wrong password"})
    unknown = await api.post("/api/auth/login", {"email": "nobody@example.org", "password": "wrong password"})

    assert good.status == 200
    assert good.body["session_id"] != ada.session_id
    assert (wrong.status, wrong.code) == (401, "unauthenticated")
    assert {**wrong.body, "trace_id": ""} == {**unknown.body, "trace_id": ""}


async def test_a_refresh_token_rotates_and_the_old_one_gives_the_same_successor(api: Api) -> None:
    person = await register(api)

    first = await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})
    again = await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})

    assert first.status == again.status == 200
    assert first.body["refresh_token"] == again.body["refresh_token"] != person.refresh_token
    assert (await api.as_token(first.body["access_token"]).get("/api/me")).status == 200


async def test_reuse_after_the_successor_was_used_closes_the_session_everywhere(api: Api) -> None:
    person = await register(api)
    first = await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})
    second = await api.post("/api/auth/refresh", {"refresh_token": first.body["refresh_token"]})

    async with connected(api, second.body["access_token"]) as socket:
        reuse = await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})

        assert (reuse.status, reuse.code) == (401, "unauthenticated")
        assert await socket.closed() == 4440
    latest = await api.post("/api/auth/refresh", {"refresh_token": second.body["refresh_token"]})
    assert latest.status == 401
    assert (await api.as_token(second.body["access_token"]).get("/api/me")).status == 401


async def test_the_cookie_refreshes_only_from_the_own_origin(api: Api) -> None:
    person = await register(api)
    cookie = {"Cookie": f"doska_refresh={person.refresh_token}"}

    foreign = await api.post("/api/auth/refresh", {}, headers={**cookie, "Origin": "https://evil.example"})
    own = await api.post("/api/auth/refresh", {}, headers={**cookie, "Origin": api.base_url})

    assert (foreign.status, foreign.code) == (403, "forbidden")
    assert own.status == 200
    assert "refresh_token" not in own.body
    set_cookie = own.headers["Set-Cookie"]
    assert set_cookie.startswith("doska_refresh=")
    for part in ("HttpOnly", "SameSite=Lax", "Path=/api/auth"):
        assert part in set_cookie
    assert "Secure" not in set_cookie  # plain http on the loopback


async def test_logout_closes_the_session_and_its_sockets(api: Api) -> None:
    person = await register(api)

    async with connected(api, person.token) as socket:
        answer = await person.api.post("/api/auth/logout")

        assert answer.status == 204
        assert await socket.closed() == 4440
    assert (await person.api.get("/api/me")).status == 401
    assert (await api.post("/api/auth/refresh", {"refresh_token": person.refresh_token})).status == 401


async def test_a_changed_name_is_read_at_once(api: Api) -> None:
    person = await register(api)

    changed = await person.api.call("PATCH", "/api/me", {"name": "Countess", "locale": "ru"})

    assert changed.status == 200
    assert (await person.api.get("/api/me")).body == changed.body
    assert (changed.body["name"], changed.body["locale"]) == ("Countess", "ru")


async def test_a_new_password_closes_the_other_sessions(api: Api) -> None:
    person = await register(api)
    other = await api.post("/api/auth/login", {"email": person.email, "password": person.password})
    body = {"password": person.password, "new_password": "another horse battery"}

    wrong = await person.api.post("/api/me/password", body | {"password": "not this one"})
    right = await person.api.post("/api/me/password", body)

    assert (wrong.status, wrong.code, wrong.paths) == (403, "forbidden", ["/password"])
    assert right.status == 204
    assert (await person.api.get("/api/me")).status == 200
    assert (await api.as_token(other.body["access_token"]).get("/api/me")).status == 401
    assert (await api.post("/api/auth/login", {"email": person.email, "password": person.password})).status == 401


async def test_a_deleted_account_is_gone_with_its_sockets(api: Api) -> None:
    person = await register(api)

    async with connected(api, person.token) as socket:
        wrong = await person.api.call("DELETE", "/api/me", {"password": "not this one"})
        right = await person.api.call("DELETE", "/api/me", {"password": person.password})

        assert (wrong.status, wrong.paths) == (403, ["/password"])
        assert right.status == 204
        assert await socket.closed() == 4440
    assert (await person.api.get("/api/me")).status == 401
    assert (await api.post("/api/auth/login", {"email": person.email, "password": person.password})).status == 401
    again = {"email": person.email, "password": person.password, "name": "Again"}
    assert (await api.post("/api/auth/register", again)).status == 201


async def test_logins_and_registrations_have_limits(product: Product, api: Api) -> None:
    strict = await product.edge(DOSKA_LIMIT_LOGIN_FAILURES_PER_MINUTE="3", DOSKA_LIMIT_REGISTRATIONS_PER_MINUTE="2")
    door = Api(strict.base_url, api.http)
    person = await register(door)
    await register(door)

    third = await door.post(
        "/api/auth/register", {"email": "x-" + person.email, "password": "correct horse battery", "name": "X"}
    )
    for _ in range(3):
        await door.post("/api/auth/login", {"email": person.email, "password": "wrong password"})
    locked = await door.post("/api/auth/login", {"email": person.email, "password": person.password})

    for answer in (third, locked):
        assert (answer.status, answer.code) == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("mode", ["closed", "invite"])
async def test_a_closed_instance_registers_nobody(product: Product, api: Api, mode: str) -> None:
    closed = await product.edge(DOSKA_REGISTRATION=mode)

    answer = await Api(closed.base_url, api.http).post(
        "/api/auth/register", {"email": "new@example.org", "password": "correct horse battery", "name": "New"}
    )

    assert (answer.status, answer.code) == (403, "forbidden")
