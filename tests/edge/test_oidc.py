"""Signing in through a real identity provider."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from tests.edge.client import Api, Json, connected, register
from tests.openid import OpenId, Visitor
from tests.product import Edge, Product

pytestmark = pytest.mark.integration

PAGE = {"Accept": "text/html"}
CALLBACK = "/api/auth/oidc/callback"


@pytest.fixture(scope="module")
async def sending(product: Product, openid: OpenId) -> AsyncIterator[Edge]:
    """An edge that sends people to the provider."""
    edge = await product.edge(**openid.settings)
    yield edge
    await edge.process.stop()
    product.edges.remove(edge)


@pytest.fixture
async def edge(sending: Edge, openid: OpenId) -> Edge:
    """The same, and the provider knows it and nobody else."""
    await openid.become(redirect_uris=[sending.base_url + CALLBACK], logout_uri=None, accounts={})
    return sending


@asynccontextmanager
async def browser(**headers: str) -> AsyncIterator[Visitor]:
    """Somebody's browser, empty."""
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=30)) as http:
        yield Visitor(http, {**PAGE, **headers})


async def begin(visitor: Visitor, edge: Edge, then: str = "/") -> str:
    """Press the button: the address at the provider."""
    status, leads, text = await visitor.step(f"{edge.base_url}/api/auth/oidc/login?{urlencode({'next': then})}")
    assert status == 302, text
    return leads


async def come_back(visitor: Visitor, edge: Edge, name: str, then: str = "/") -> tuple[str, str]:
    """Sign in as `name` and come back: the address of the callback, and where it leads."""
    back = await visitor.sign_in_at(await begin(visitor, edge, then), name, edge.base_url + CALLBACK)
    status, leads, text = await visitor.step(back)
    assert status == 302, text
    return back, leads


async def session_of(visitor: Visitor, edge: Edge) -> Json | None:
    """What the client of our page gets by its cookie."""
    url = f"{edge.base_url}/api/auth/refresh"
    async with visitor.http.post(url, json={}, headers={"Origin": edge.base_url}) as answer:
        return await answer.json() if answer.status == 200 else None


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def person(name: str, /, **claims: Any) -> Json:
    return {name: {"name": name.title(), "email": f"{name}@id.example.org", "email_verified": True} | claims}


async def test_the_ways_to_sign_in_are_told(edge: Edge, api: Api) -> None:
    here = await Api(edge.base_url, api.http).get("/api/auth/providers")
    without = await api.get("/api/auth/providers")

    assert here.body == {
        "providers": [{"name": "Company login", "login": "/api/auth/oidc/login"}],
        "registration": "open",
        "gatekeeper": False,
    }
    assert without.body["providers"] == []
    for path in ("/api/auth/oidc/login", CALLBACK):
        assert (await api.get(path)).code == "not_found"


async def test_a_new_person_signs_in_and_comes_back_to_the_page_they_wanted(edge: Edge, openid: OpenId) -> None:
    await openid.become(accounts=person("mary", name="Мэри"))
    async with browser() as mary:
        begun = asked(await begin(mary, edge))
        _, leads = await come_back(mary, edge, "mary", "/b/some?x=1&y=2")
        session = await session_of(mary, edge)

    assert begun["code_challenge_method"] == "S256"
    assert begun["scope"].split() == ["openid", "profile", "email"]
    assert asked(leads) == {"via": "provider", "next": "/b/some?x=1&y=2"}
    assert leads.startswith(f"{edge.base_url}/signin?")
    assert session is not None
    assert (session["user"]["email"], session["user"]["name"]) == ("mary@id.example.org", "Мэри")


async def test_the_same_person_comes_back_to_the_same_account_whatever_the_address_is_now(
    edge: Edge, openid: OpenId
) -> None:
    found = []
    for claims in ({}, {"email": "moved@id.example.org"}):
        await openid.become(accounts=person("nora", **claims))
        async with browser() as nora:
            await come_back(nora, edge, "nora")
            session = await session_of(nora, edge)
            assert session is not None
            found.append(session)

    assert found[0]["user"] == found[1]["user"]
    assert found[0]["session_id"] != found[1]["session_id"]


async def test_a_code_works_once_and_a_callback_only_in_the_browser_that_began(edge: Edge, openid: OpenId) -> None:
    await openid.become(accounts=person("olga"))
    async with browser() as olga, browser() as thief:
        back = await olga.sign_in_at(await begin(olga, edge), "olga", edge.base_url + CALLBACK)
        cookies = olga.cookies_of(back)
        stolen = await thief.step(back)
        first = await olga.step(back)
        again = await olga.step(back)
        # Even with the browser's cookies of before: the provider takes a code once.
        thief.http.cookie_jar.update_cookies(cookies, response_url=aiohttp.client.URL(back))
        replayed = await thief.step(back)

        assert asked(stolen[1])["fault"] == "stale"
        assert asked(first[1])["via"] == "provider"
        assert asked(again[1])["fault"] == "stale"
        assert asked(replayed[1])["fault"] == "provider"
        assert await session_of(thief, edge) is None


async def test_a_wrong_state_is_refused(edge: Edge, openid: OpenId) -> None:
    async with browser() as one:
        state = asked(await begin(one, edge))["state"]
        wrong = [
            await one.step(f"{edge.base_url}{CALLBACK}?{urlencode({'code': 'x', 'state': wrong})}")
            for wrong in ("", "x", state[:16] + "another", state + "x")
        ]

    assert [asked(leads)["fault"] for _, leads, _ in wrong] == ["stale"] * 4
    async with browser(Accept="application/json") as program:
        status, _, text = await program.step(f"{edge.base_url}{CALLBACK}?code=x&state=y")
    assert status == 403
    assert '"forbidden"' in text


async def test_an_answer_in_another_provider_s_name_is_refused(edge: Edge, openid: OpenId) -> None:
    await openid.become(accounts=person("pia"))
    async with browser() as pia:
        back = await pia.sign_in_at(await begin(pia, edge), "pia", edge.base_url + CALLBACK)
        query = asked(back) | {"iss": "https://evil.example"}
        _, leads, _ = await pia.step(f"{edge.base_url}{CALLBACK}?{urlencode(query)}")

    assert asked(leads)["fault"] == "provider"


async def test_who_says_no_at_the_provider_is_told_so(edge: Edge) -> None:
    async with browser() as one:
        begun = asked(await begin(one, edge, "/settings"))
        query = {"error": "access_denied", "state": begun["state"]}
        _, leads, _ = await one.step(f"{edge.base_url}{CALLBACK}?{urlencode(query)}")

    assert asked(leads) == {"fault": "denied", "next": "/settings"}


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "x"]
)
async def test_nobody_is_led_elsewhere_afterwards(edge: Edge, openid: OpenId, then: str) -> None:
    await openid.become(accounts=person("rita"))
    async with browser() as rita:
        _, leads = await come_back(rita, edge, "rita", then)

    assert asked(leads)["next"] == "/"


async def test_keys_that_change_between_login_and_callback_are_learnt(edge: Edge, openid: OpenId) -> None:
    await openid.become(accounts=person("sara"))
    async with browser() as sara:
        await come_back(sara, edge, "sara")
        assert await session_of(sara, edge)
    # One refetch in ten seconds: the keys were read just now, so the first try may be refused, and later ones are not.
    await openid.become(new_key=True)
    async with asyncio.timeout(60):
        while True:
            async with browser() as sara:
                _, leads = await come_back(sara, edge, "sara")
                if "via" in asked(leads):
                    return
            assert asked(leads)["fault"] == "provider"
            await asyncio.sleep(1)


@pytest.mark.parametrize("mode", ["closed", "invite"])
async def test_a_closed_instance_lets_in_who_is_known_and_says_why_to_others(
    product: Product, openid: OpenId, edge: Edge, mode: str
) -> None:
    closed = await product.edge(**openid.settings, DOSKA_REGISTRATION=mode)
    known, new = f"tina-{mode}", f"uma-{mode}"
    await openid.become(
        redirect_uris=[edge.base_url + CALLBACK, closed.base_url + CALLBACK], accounts=person(known) | person(new)
    )
    async with browser() as tina:
        await come_back(tina, edge, known)
    async with browser() as tina, browser() as uma:
        _, first = await come_back(tina, closed, known)
        _, second = await come_back(uma, closed, new)

        assert asked(first)["via"] == "provider"
        assert asked(second)["fault"] == "closed"
        assert await session_of(uma, closed) is None


async def test_an_account_with_the_address_is_linked_after_its_password_alone(
    edge: Edge, openid: OpenId, api: Api
) -> None:
    here = Api(edge.base_url, api.http)
    vera = await register(here, "Vera")
    await openid.become(accounts=person("vera", email=vera.email))

    async with browser() as one:
        _, leads = await come_back(one, edge, "vera", "/settings")
        assert urlsplit(leads).path == "/link-account"
        assert await session_of(one, edge) is None
        link = f"{edge.base_url}/api/auth/oidc/link"
        origin = {"Origin": edge.base_url}
        async with one.http.get(link) as answer:
            assert await answer.json() == {"email": vera.email, "provider": "Company login", "next": "/settings"}
        async with one.http.post(link, json={"password": "not this one"}, headers=origin) as answer:
            assert (answer.status, (await answer.json())["errors"][0]["path"]) == (403, "/password")
        async with one.http.post(link, json={"password": vera.password}) as answer:
            assert answer.status == 403, "a page of another site could have asked"
        async with one.http.post(link, json={"password": vera.password}, headers=origin) as answer:
            assert answer.status == 200
            assert (await answer.json())["user"]["user_id"] == vera.user["user_id"]
        async with one.http.get(link) as answer:
            assert answer.status == 410
    async with browser() as later:
        _, leads = await come_back(later, edge, "vera")
        session = await session_of(later, edge)

    assert asked(leads)["via"] == "provider"
    assert session is not None
    assert session["user"]["user_id"] == vera.user["user_id"]


async def test_an_address_that_the_provider_has_not_verified_takes_over_nothing(
    edge: Edge, openid: OpenId, api: Api
) -> None:
    await openid.become(accounts=person("wanda"))
    async with browser() as wanda:
        await come_back(wanda, edge, "wanda")
    await openid.become(accounts=person("mallory", email="wanda@id.example.org", email_verified=False))

    async with browser() as mallory:
        _, leads = await come_back(mallory, edge, "mallory")

        assert urlsplit(leads).path == "/link-account"
        assert await session_of(mallory, edge) is None


async def test_who_brings_no_address_is_told_so(edge: Edge, openid: OpenId) -> None:
    await openid.become(accounts={"nobody": {"name": "Nobody"}})
    async with browser() as nobody:
        _, leads = await come_back(nobody, edge, "nobody")

    assert asked(leads)["fault"] == "email"


async def test_a_provider_that_is_away_is_said_and_nothing_else_breaks(product: Product, openid: OpenId) -> None:
    edge = await product.edge(**openid.settings | {"DOSKA_OIDC_ISSUER": "http://127.0.0.1:9"})
    async with browser() as one, browser(Accept="application/json") as program:
        _, leads, _ = await one.step(f"{edge.base_url}/api/auth/oidc/login")
        status, _, _ = await program.step(f"{edge.base_url}/api/auth/oidc/login")

        assert asked(leads)["fault"] == "away"
        assert status == 503
        assert await register(Api(edge.base_url, one.http), "Xenia")


async def test_a_logout_at_the_provider_closes_the_sessions_and_sockets_it_opened(
    edge: Edge, openid: OpenId, api: Api
) -> None:
    await openid.become(
        accounts=person("yara"),
        logout_uri=f"{edge.base_url}/api/auth/oidc/backchannel-logout",
        redirect_uris=[edge.base_url + CALLBACK],
    )
    async with browser() as yara, browser() as elsewhere:
        await come_back(yara, edge, "yara")
        await come_back(elsewhere, edge, "yara")
        session, other = await session_of(yara, edge), await session_of(elsewhere, edge)
        assert session is not None
        assert other is not None
        async with connected(Api(edge.base_url, api.http), session["access_token"]) as socket:
            await logout_at(openid, yara)

            assert await socket.closed() == 4440
        assert await session_of(yara, edge) is None
        assert await session_of(elsewhere, edge) is not None


async def logout_at(openid: OpenId, visitor: Visitor) -> None:
    """Log out at the provider, through its own page."""
    import html
    import re

    _, _, text = await visitor.step(f"{openid.issuer}/session/end")
    action = html.unescape(re.findall(r'action="([^"]+)"', text)[0])
    xsrf = re.findall(r'name="xsrf" value="([^"]+)"', text)[0]
    await visitor.step(action, {"xsrf": xsrf, "logout": "yes"})


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("logout_token=x", "application/x-www-form-urlencoded", 400),
        ("", "application/x-www-form-urlencoded", 400),
        ("logout_token=x&logout_token=y", "application/x-www-form-urlencoded", 400),
        ('{"logout_token":"x"}', "application/json", 415),
        ("logout_token=" + "x" * 70_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_a_logout_that_is_none_is_refused(edge: Edge, api: Api, body: str, kind: str, status: int) -> None:
    answer = await Api(edge.base_url, api.http).call(
        "POST", "/api/auth/oidc/backchannel-logout", data=body, headers={"Content-Type": kind}
    )

    assert answer.status == status
