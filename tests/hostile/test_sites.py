"""Pages of other sites, in the browser of somebody who is signed in here: they may ask what they like, and get and change nothing.

A browser sends our cookie along only within our site (`SameSite`), and asks first before anything but a plain form. Here neither
is relied on: the cookie is there, and every row of the document is asked by a page of another site.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import aiohttp
import pytest

from tests.edge.client import Api, Person, register
from tests.hostile.belongings import belongings
from tests.hostile.wire import Heard, Said, exchange
from tests.product import Product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
Json = dict[str, Any]
Row = tuple[str, str]
EVIL: Final = b"https://evil.example"
# A browser sends these from any page, without asking first.
PLAIN: Final = (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b")
ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
ORIGINS: Final = ("https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1:1", "file://")
AT_ONCE: Final = 8


@pytest.fixture(scope="module")
async def person(api: Api) -> Person:
    """Somebody whose browser holds our cookie."""
    return await register(api, "Vera")


@pytest.fixture(scope="module")
async def rows(api: Api, person: Person) -> dict[Row, tuple[str, Json]]:
    """Every row of the document that may change something: where it is about something real, and what is said of it."""
    named = await belongings(person, await register(api, "Ada"))
    paths = (await api.get("/openapi.json")).body["paths"]
    return {
        (method.upper(), path): (path.format_map(named), operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "get"
    }


async def heard(base_url: str, said: Iterable[Said]) -> list[Heard]:
    """The answers, some at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(each: Said) -> Heard:
        async with turns:
            return await exchange(base_url, each)

    return await asyncio.gather(*map(one, said))


def by_cookie(person: Person, *more: tuple[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    """The headers of a page of another site, where the browser sends our cookie along."""
    return (("Origin", EVIL), ("Cookie", b"doska_refresh=" + person.refresh_token.encode()), *more)


def lets_in(answer: Heard) -> bool:
    """Whether a browser would let the page of another site read the answer."""
    return any(name.startswith("access-control-") for name in answer.headers)


async def test_what_changes_something_is_not_done_by_the_cookie_of_a_browser(
    api: Api, person: Person, rows: dict[Row, tuple[str, Json]]
) -> None:
    headers = by_cookie(person, ("Content-Type", b"application/json"))
    said = [Said(method, path, headers, b"{}") for (method, _), (path, _) in rows.items()]

    answers = dict(zip(rows, await heard(api.base_url, said), strict=True))

    guarded = {row for row, (_, operation) in rows.items() if operation["security"] == [{"bearer": []}]}
    assert len(guarded) > 50
    assert {row: answers[row].status for row in guarded if answers[row].status != 401} == {}
    # What asks for no token asks for a password, a token in the body or our own Origin; a link makes a guest, not Vera.
    done = {row: one.status for row, one in answers.items() if not 400 <= one.status < 500}
    assert done == {("POST", "/api/links/{token}/open"): 200}
    assert [row for row, one in answers.items() if lets_in(one) or "set-cookie" in one.headers] == []
    assert [row for row, one in answers.items() if not ALWAYS.items() <= one.headers.items()] == []
    assert (await api.get("/api/me", headers={"Authorization": f"Bearer {person.token}"})).status == 200


async def test_no_page_of_another_site_is_let_in_when_it_asks_first(
    api: Api, rows: dict[Row, tuple[str, Json]]
) -> None:
    said = [
        Said(
            "OPTIONS",
            path,
            (
                ("Origin", EVIL),
                ("Access-Control-Request-Method", method.encode()),
                ("Access-Control-Request-Headers", b"authorization, content-type, idempotency-key"),
            ),
        )
        for (method, _), (path, _) in rows.items()
    ]

    answers = dict(zip(rows, await heard(api.base_url, said), strict=True))

    assert {row: one.status for row, one in answers.items() if one.status != 405} == {}
    assert [row for row, one in answers.items() if lets_in(one)] == []


async def test_no_plain_form_is_taken_for_json(api: Api, person: Person, rows: dict[Row, tuple[str, Json]]) -> None:
    token = ("Authorization", b"Bearer " + person.token.encode())
    said = {
        (row, kind): Said(row[0], path, (token, ("Origin", EVIL), ("Content-Type", kind)), b'{"title": "="}')
        for row, (path, operation) in rows.items()
        for kind in PLAIN
        if kind.decode().partition(";")[0] not in operation.get("requestBody", {}).get("content", {})
        and "backchannel" not in path
    }

    answers = dict(zip(said, await heard(api.base_url, said.values()), strict=True))

    assert len(answers) > 150
    # Some ask before they read: who it is, whether he administers the instance, whether there is a provider.
    assert {key: one.status for key, one in answers.items() if one.status not in (401, 403, 404, 410, 415)} == {}
    assert sum(one.status == 415 for one in answers.values()) > 120


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_page_of_another_site_opens_a_socket(product: Product, api: Api, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with api.http.ws_connect(product.base_url + "/ws", origin=origin):
            pass

    assert refused.value.status == 403
    assert refused.value.headers is not None
    assert "Sec-WebSocket-Accept" not in refused.value.headers
