"""The whole sign-in against Keycloak with the realm file that we ship."""

import html
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp
import pytest

from tests.edge.client import Api, connected
from tests.keycloak import PASSWORD, USER, Keycloak, asked_for
from tests.openid import Visitor
from tests.product import Product

pytestmark = [
    pytest.mark.keycloak,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not asked_for(), reason="set DOSKA_TEST_KEYCLOAK=1: it fetches and starts Keycloak"),
]


async def test_sign_in_and_back_channel_logout(product: Product, keycloak: Keycloak, api: Api) -> None:
    port = str(urlsplit(keycloak.public_url).port)
    edge = await product.edge(**keycloak.settings, DOSKA_PUBLIC_URL=keycloak.public_url, at_port=port)
    here = Api(edge.base_url, api.http)
    jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False, treat_as_secure_origin=keycloak.issuer)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        mary = Visitor(http, {"Accept": "text/html"})
        _, leads, _ = await mary.step(f"{edge.base_url}/api/auth/oidc/login?next=/settings")
        _, _, text = await mary.step(leads)
        form = re.findall(r'<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"', text)
        assert form, text[-2000:]
        status, back, text = await mary.step(html.unescape(form[0]), {"username": USER, "password": PASSWORD})
        assert status == 302, text[-2000:]
        _, leads, _ = await mary.step(back)
        assert parse_qs(urlsplit(leads).query) == {"via": ["provider"], "next": ["/settings"]}
        refresh = f"{edge.base_url}/api/auth/refresh"
        async with http.post(refresh, json={}, headers={"Origin": edge.base_url}) as answer:
            session = await answer.json()
            assert answer.status == 200, session
        assert (session["user"]["name"], session["user"]["email"]) == ("Mary Jones", "mary@keycloak.example.org")

        async with connected(here, session["access_token"]) as socket:
            logout = f"{keycloak.issuer}/protocol/openid-connect/logout"
            _, _, text = await mary.step(logout)
            [action] = re.findall(r'<form[^>]*action="([^"]+)"', text)
            fields = dict(re.findall(r'name="(session_code)" value="([^"]+)"', text))
            await mary.step(urljoin(logout, html.unescape(action)), {**fields, "confirmLogout": "Logout"})

            assert await socket.closed() == 4440
