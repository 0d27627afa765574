"""Logins as browsers and programs make them: cookies, origins, proxies, languages, limits."""

import asyncio
import time
from http.cookies import SimpleCookie

import pytest

from edge.http.tests.documented import DocumentedApi
from tests.edge.client import Answer, Api, Person, register
from tests.product import Product

pytestmark = pytest.mark.integration


def cookie(answer: Answer) -> SimpleCookie:
    """What an answer sets."""
    found = SimpleCookie()
    for line in answer.headers.getall("Set-Cookie", []):
        found.load(line)
    return found


async def test_a_browser_gets_its_refresh_token_in_the_cookie_alone(api: Api, ada: Person) -> None:
    body = {"email": ada.email, "password": ada.password}

    browser = await api.post("/api/auth/login", body, headers={"Origin": api.base_url})
    program = await api.post("/api/auth/login", body)

    assert "refresh_token" not in browser.body
    assert program.body["refresh_token"] == cookie(program)["doska_refresh"].value
    assert cookie(browser)["doska_refresh"].value


async def test_the_body_counts_before_the_cookie(api: Api) -> None:
    one, two = await register(api), await register(api)

    answer = await api.post(
        "/api/auth/refresh",
        {"refresh_token": one.refresh_token},
        headers={"Cookie": f"doska_refresh={two.refresh_token}", "Origin": "https://evil.example"},
    )

    assert (answer.status, answer.body["user"]["user_id"]) == (200, one.user_id)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1"])
async def test_a_cookie_needs_our_origin(api: Api, origin: str | None) -> None:
    person = await register(api)
    headers = {"Cookie": f"doska_refresh={person.refresh_token}"} | ({"Origin": origin} if origin else {})

    refused = await api.post("/api/auth/refresh", {}, headers=headers)
    own = await api.post("/api/auth/refresh", {}, headers=headers | {"Origin": api.base_url})

    assert (refused.status, refused.code) == (403, "forbidden")
    assert own.status == 200  # nothing was rotated by the refused one


async def test_a_token_that_never_works_again_is_taken_from_the_browser(api: Api) -> None:
    person = await register(api)
    await person.api.post("/api/auth/logout")
    headers = {"Cookie": f"doska_refresh={person.refresh_token}", "Origin": api.base_url}

    answer = await api.post("/api/auth/refresh", {}, headers=headers)

    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert cookie(answer)["doska_refresh"]["max-age"] == "0"


@pytest.mark.parametrize("body", [{}, {"refresh_token": "junk"}, {"refresh_token": ""}])
async def test_without_a_good_refresh_token_there_is_none(api: Api, body: dict[str, str]) -> None:
    answer = await api.post("/api/auth/refresh", body)

    assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_logout_needs_the_bearer_and_takes_the_cookie_back(api: Api) -> None:
    person = await register(api)

    by_cookie = await api.post("/api/auth/logout", headers={"Cookie": f"doska_refresh={person.refresh_token}"})
    by_token = await person.api.post("/api/auth/logout")

    assert (by_cookie.status, by_token.status) == (401, 204)
    assert cookie(by_token)["doska_refresh"]["max-age"] == "0"


async def test_the_language_of_a_new_account_is_the_browsers(api: Api) -> None:
    body = {"password": "correct horse battery", "name": "Анна"}

    answers = [
        await api.post(
            "/api/auth/register", {**body, "email": f"{number}-{(await register(api)).email}"}, headers=headers
        )
        for number, headers in enumerate(
            [{"Accept-Language": "de, ru-RU;q=0.9, en;q=0.8"}, {"Accept-Language": "de"}, {}]
        )
    ]

    assert [answer.body["user"]["locale"] for answer in answers] == ["ru", "en", "en"]


async def test_a_wrong_password_of_ones_own_account_counts_as_a_failed_login(product: Product, api: Api) -> None:
    strict = await product.edge(DOSKA_LIMIT_LOGIN_FAILURES_PER_MINUTE="2")
    person = await register(DocumentedApi(strict.base_url, api.http))
    change = {"password": "not this one", "new_password": "another horse battery"}

    wrong = [await person.api.post("/api/me/password", change) for _ in range(2)]
    locked = await person.api.call("DELETE", "/api/me", {"password": person.password})

    assert [answer.status for answer in wrong] == [403, 403]
    assert (locked.status, locked.code) == (429, "rate_limited")


async def test_writes_have_a_rate_of_a_person(product: Product, api: Api) -> None:
    strict = await product.edge(DOSKA_LIMIT_WRITES_PER_SECOND="3")
    door = DocumentedApi(strict.base_url, api.http)
    busy, other = await register(door), await register(door)

    begun = time.monotonic()
    answers = await asyncio.gather(*(busy.api.post("/api/boards", {"title": "x"}) for _ in range(40)))
    took = time.monotonic() - begun
    reads = await asyncio.gather(*(busy.api.get("/api/boards") for _ in range(12)))

    limited = [answer for answer in answers if answer.status == 429]
    # Six at once, and three more with every second that this took.
    assert 34 - 3 * took <= len(limited) <= 34
    assert all(answer.headers["Retry-After"] == "1" for answer in limited)
    assert {answer.status for answer in reads} == {200}
    assert (await other.api.post("/api/boards", {"title": "x"})).status == 201


async def test_a_believed_proxy_says_who_comes_and_how(product: Product, api: Api) -> None:
    behind = DocumentedApi((await product.edge(DOSKA_TRUSTED_PROXIES="127.0.0.0/8")).base_url, api.http)
    forwarded = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto": "https"}
    person = await register(behind)
    body = {"email": person.email, "password": person.password}

    believed = await behind.post("/api/auth/login", body, headers={**forwarded, "User-Agent": "test/2"})
    not_believed = await api.post("/api/auth/login", body, headers=forwarded)
    sessions = (await person.api.get("/api/me/sessions")).body["items"]

    assert cookie(believed)["doska_refresh"]["secure"]
    assert not cookie(not_believed)["doska_refresh"]["secure"]
    assert [(one["address"], one["client"]) for one in sessions[:2]][1] == ("203.0.113.9", "test/2")
    assert sessions[0]["address"] == "127.0.0.1"


async def test_the_public_address_is_in_links_and_cookies(product: Product, api: Api) -> None:
    public = DocumentedApi((await product.edge(DOSKA_PUBLIC_URL="https://board.example")).base_url, api.http)
    person = await register(public)
    headers = {"Cookie": f"doska_refresh={person.refresh_token}"}

    link = await person.link(await person.board(), "viewer")
    own = await public.post("/api/auth/refresh", {}, headers=headers | {"Origin": "https://board.example"})
    local = await public.post("/api/auth/refresh", {}, headers=headers | {"Origin": public.base_url})

    assert link["url"] == f"https://board.example/l#{link['token']}"
    assert own.status == 200
    assert cookie(own)["doska_refresh"]["secure"]
    assert local.status == 403
    assert own.headers["Strict-Transport-Security"]


async def test_many_wrong_logins_at_once_all_get_the_one_answer(api: Api, ada: Person) -> None:
    bodies = [{"email": email, "password": "wrong"} for email in (ada.email, "nobody@example.org")] * 5

    answers = await asyncio.gather(*(api.post("/api/auth/login", body) for body in bodies))

    assert len({(answer.status, answer.body["detail"], answer.body["title"]) for answer in answers}) == 1
