"""A Gatekeeper before the edge: whose word counts, and whose does not."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from multidict import CIMultiDict

from edge.auth.oidc.tests.signer import Signer
from tests.edge.client import Answer, Api
from tests.product import Product

pytestmark = pytest.mark.integration

GATEKEEPER = "gatekeeper"
SIGNER = Signer("realm-key")
DOOR = "/api/auth/gatekeeper"


@pytest.fixture(scope="session")
async def realm() -> AsyncIterator[str]:
    """What a Gatekeeper's tokens are checked by: a realm's description and its keys."""

    async def description(_: web.Request) -> web.Response:
        places = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return web.json_response({"issuer": issuer, **dict.fromkeys(places, f"{issuer}/keys")})

    async def keys(_: web.Request) -> web.Response:
        return web.json_response({"keys": [SIGNER.jwk]})

    app = web.Application()
    app.router.add_get("/realms/ours/.well-known/openid-configuration", description)
    app.router.add_get("/realms/ours/keys", keys)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    issuer = f"http://127.0.0.1:{runner.addresses[0][1]}/realms/ours"
    yield issuer
    await runner.cleanup()


@pytest.fixture(scope="module")
async def here(product: Product, api: Api, realm: str) -> AsyncIterator[Api]:
    """The edge behind it."""
    door_ = await door(product, api, realm)
    edge = product.edges[-1]
    yield door_
    await edge.process.stop()
    product.edges.remove(edge)


async def door(product: Product, api: Api, realm: str, **more: str) -> Api:
    """An edge behind a Gatekeeper on this machine."""
    settings = {
        "DOSKA_OIDC_ISSUER": realm,
        "DOSKA_OIDC_CLIENT_ID": "doska",
        "DOSKA_OIDC_GATEKEEPER_CLIENT_ID": GATEKEEPER,
        "DOSKA_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    return Api((await product.edge(**settings | more)).base_url, api.http)


def token(realm: str, name: str, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": realm,
        "sub": f"id-of-{name}",
        "aud": "account",
        "azp": GATEKEEPER,
        "typ": "Bearer",
        "iat": now,
        "exp": now + 300,
        "name": name.title(),
        "email": f"{name}@realm.example.org",
        "email_verified": True,
    }
    return SIGNER.sign(claims | changes)


async def enter(here: Api, *tokens: str, **headers: str) -> Answer:
    url, sent = here.base_url + DOOR, CIMultiDict([*(("X-Auth-Token", each) for each in tokens), *headers.items()])
    async with here.http.post(url, json={}, headers=sent) as answer:
        return Answer(answer.status, await answer.json(content_type=None), answer.headers)


async def test_whom_the_proxy_has_signed_in_comes_in(here: Api, realm: str) -> None:
    first = await enter(here, token(realm, "gail"))
    again = await enter(here, token(realm, "gail"))
    ways = await here.get("/api/auth/providers", headers={"X-Auth-Token": token(realm, "gail")})

    assert first.status == 200, first.body
    assert (first.body["user"]["name"], first.body["user"]["email"]) == ("Gail", "gail@realm.example.org")
    assert again.body["user"] == first.body["user"]
    assert (await here.as_token(first.body["access_token"]).get("/api/me")).body == first.body["user"]
    assert ways.body["gatekeeper"] is True
    assert (await here.get("/api/auth/providers")).body["gatekeeper"] is False


async def test_headers_without_a_good_token_say_nothing(here: Api, realm: str) -> None:
    forger = Signer("realm-key")
    words = {
        "X-Auth-Userid": "gail",
        "X-Auth-Username": "gail",
        "X-Auth-Subject": "id-of-gail",
        "X-Auth-Email": "gail@realm.example.org",
        "X-Auth-Roles": "admin",
    }
    good = token(realm, "gail")
    refused = [
        await enter(here, **words),
        await enter(here, "", **words),
        await enter(here, "nonsense", **words),
        await enter(here, good[:-10], **words),
        await enter(here, token(realm, "gail", exp=int(time.time()) - 120), **words),
        await enter(here, token(realm, "gail", azp="another"), **words),
        await enter(here, token(realm, "gail", iss="https://evil.example"), **words),
        await enter(here, forger.sign({"iss": realm, "sub": "id-of-gail", "azp": GATEKEEPER}), **words),
        # One of two is what the client itself wrote.
        await enter(here, good, good, **words),
        await enter(here, **words | {"X_Auth_Token": good}),
    ]

    assert [(answer.status, answer.code) for answer in refused] == [(401, "unauthenticated")] * len(refused)


async def test_from_anywhere_but_the_proxy_it_is_ignored(product: Product, api: Api, realm: str) -> None:
    elsewhere = await door(product, api, realm, DOSKA_TRUSTED_PROXIES="192.0.2.7,10.0.0.0/8")
    good = token(realm, "gail")

    # What a client claims of its own address changes nothing.
    forwarded = await enter(elsewhere, good, **{"X-Forwarded-For": "10.0.0.1"})
    plain = await enter(elsewhere, good)
    ways = await elsewhere.get("/api/auth/providers", headers={"X-Auth-Token": good})

    for answer in (forwarded, plain):
        assert (answer.status, answer.code) == (401, "unauthenticated")
    assert ways.body["gatekeeper"] is False


async def test_without_the_setting_no_proxy_signs_anybody_in(product: Product, api: Api, realm: str) -> None:
    plain = await door(product, api, realm, DOSKA_OIDC_GATEKEEPER_CLIENT_ID="")

    assert (await enter(plain, token(realm, "gail"))).code == "unauthenticated"


async def test_a_page_of_another_site_signs_nobody_in(here: Api, realm: str) -> None:
    answer = await enter(here, token(realm, "gail"), Origin="https://evil.example")

    assert (answer.status, answer.code) == (403, "forbidden")
