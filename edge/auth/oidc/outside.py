"""Requests to the provider: bounded in time and size, never redirected, never to the inside of our own network.

The provider's description names the addresses that we then call. Whoever can change that description must not be able
to make this process ask a neighbour that only it can reach; so beside the issuer's own host, which the operator has
configured, only public addresses are connected to. They are checked when the name is resolved for the connection itself.
"""

import ipaddress
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from edge.auth.oidc.faults import ProviderAway, ProviderRefused, WordInvalid

SECONDS: Final = 8.0
CONNECT_SECONDS: Final = 4.0
MAX_BYTES: Final = 512 * 1024

Json = dict[str, Any]


class Outside:
    """A client of one provider. Open it inside a running loop, close it at the end."""

    def __init__(self, issuer: str) -> None:
        self._issuer = urlsplit(issuer)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=_Guarded(self._issuer.hostname or ""), limit=8, force_close=True),
            timeout=aiohttp.ClientTimeout(total=SECONDS, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json"},
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Give the connections up."""
        await self._session.close()

    async def get(self, url: str, *, token: str | None = None) -> Json:
        """A JSON object. Raises ProviderFault."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._ask("GET", url, headers=headers)

    async def post(self, url: str, form: dict[str, str], auth: aiohttp.BasicAuth | None) -> Json:
        """A JSON object for a form. Raises ProviderFault; never tried twice, since a code works once."""
        return await self._ask("POST", url, data=form, headers={"Authorization": auth.encode()} if auth else {})

    async def _ask(self, method: str, url: str, **options: Any) -> Json:
        self._check(url)
        try:
            async with self._session.request(method, url, allow_redirects=False, **options) as answer:
                raw = await answer.content.read(MAX_BYTES + 1)
                while len(raw) <= MAX_BYTES and not answer.content.at_eof():
                    raw += await answer.content.read(MAX_BYTES + 1 - len(raw))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderAway(f"{method} {url}: {error!r}") from error
        if len(raw) > MAX_BYTES:
            raise WordInvalid(f"{method} {url}: the answer has more than {MAX_BYTES} bytes")
        if 400 <= answer.status < 500 and answer.status not in (408, 429):
            raise ProviderRefused(f"{method} {url}: {answer.status} {raw[:300]!r}")
        if answer.status != 200:
            raise ProviderAway(f"{method} {url}: {answer.status}, and redirects are not followed")
        try:
            value = orjson.loads(raw)
        except ValueError as error:
            raise WordInvalid(f"{method} {url}: the answer is not JSON") from error
        if not isinstance(value, dict):
            raise WordInvalid(f"{method} {url}: the answer is not a JSON object")
        return value

    def _check(self, url: str) -> None:
        """Encrypted as the issuer is; an address written as numbers is resolved by nobody, so it is checked here."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" and (parts.scheme, host) != (self._issuer.scheme, self._issuer.hostname):
            raise WordInvalid(f"{url}: must be https")
        if host == self._issuer.hostname:
            return
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        if not address.is_global:
            raise WordInvalid(f"{url}: is inside our network, and is not the issuer")


class _Guarded(AbstractResolver):
    """Resolves names, but for others than the issuer's to public addresses only."""

    def __init__(self, trusted: str) -> None:
        self._trusted = trusted
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses that may be connected to. Raises OSError when there is none."""
        found = await self._resolver.resolve(host, port, family)
        if host == self._trusted:
            return found
        public = [each for each in found if ipaddress.ip_address(each["host"].partition("%")[0]).is_global]
        if not public:
            raise OSError(f"{host} is inside our network, and is not the issuer")
        return public

    async def close(self) -> None:
        """Nothing is open."""
        await self._resolver.close()
