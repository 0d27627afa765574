"""A real identity provider for the tests (oidc-provider under Node), and somebody who signs in there."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest

from compose import nodejs
from compose.webclient import ensure_packages, with_node_first
from tests.product import free_port

FOLDER = Path(__file__).parent / "provider"
SECRET = "a secret: with/odd %characters"
SECONDS = 60
STEPS = 12


@dataclass
class OpenId:
    """The provider."""

    issuer: str
    process: asyncio.subprocess.Process

    @property
    def settings(self) -> dict[str, str]:
        """What an edge needs to send people here."""
        return {
            "DOSKA_OIDC_ISSUER": self.issuer,
            "DOSKA_OIDC_CLIENT_ID": "doska",
            "DOSKA_OIDC_CLIENT_SECRET": SECRET,
            "DOSKA_OIDC_NAME": "Company login",
        }

    async def become(self, **told: Any) -> None:
        """Change it: see provider.mjs."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(told).encode() + b"\n")
        await self.says("done")

    async def says(self, word: str) -> None:
        """Wait for its word, among the advice that it gives to those who run it in earnest."""
        assert self.process.stdout is not None
        async with asyncio.timeout(SECONDS):
            while (said := (await self.process.stdout.readline()).decode().strip()) != word:
                assert said.startswith("oidc-provider"), said


@dataclass
class Visitor:
    """A browser with cookies, as far as a sign-in needs one."""

    http: aiohttp.ClientSession
    headers: dict[str, str]

    async def step(self, url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """One request: its status, where it leads (or nothing), and its text."""
        method = "GET" if form is None else "POST"
        async with self.http.request(method, url, data=form, allow_redirects=False, headers=self.headers) as answer:
            return answer.status, urljoin(url, answer.headers.get("Location", "")), await answer.text()

    async def sign_in_at(self, url: str, name: str, stop: str) -> str:
        """Go through the provider's pages as `name` until it sends us to an address that begins with `stop`."""
        form: dict[str, str] | None = None
        for _ in range(STEPS):
            status, leads, text = await self.step(url, form)
            if status in (302, 303):
                url, form = leads, None
                if url.startswith(stop):
                    return url
                continue
            assert status == 200, (status, url, text[-600:])
            url = html.unescape(re.findall(r'<form[^>]*action="([^"]+)"', text)[-1])
            [prompt] = re.findall(r'name="prompt" value="(\w+)"', text)
            form = {"prompt": prompt} | ({"login": name, "password": "any"} if prompt == "login" else {})
        raise AssertionError(f"still at {url} after {STEPS} steps")

    def cookies_of(self, url: str) -> dict[str, str]:
        """What the browser would send there."""
        from yarl import URL

        return {name: morsel.value for name, morsel in self.http.cookie_jar.filter_cookies(URL(url)).items()}


def path_of(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@pytest.fixture(scope="session")
async def openid(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpenId]:
    """The provider, for the whole session."""
    logs = tmp_path_factory.mktemp("provider")
    await ensure_packages(FOLDER, logs / "packages.log")
    node, port = nodejs.find(), free_port()
    with (logs / "provider.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(node.node),
            "provider.mjs",
            str(port),
            cwd=FOLDER,
            env=with_node_first(node),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    running = OpenId(f"http://127.0.0.1:{port}", process)
    try:
        await running.says("ready")
        yield running
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(SECONDS):
            await process.wait()
