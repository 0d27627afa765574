"""`doska logins`: how long a login takes, and how much of that is the password's hash."""

import asyncio
import re
import secrets
import statistics
import time
from dataclasses import dataclass
from typing import Annotated, Final

import aiohttp
import typer

from topics.errors import Unavailable

HASHING: Final = re.compile(r"^doska_password_seconds_sum (\S+)$", re.MULTILINE)
PASSWORD: Final = "correct horse battery"  # noqa: S105 - of an account made for the measurement
WARM: Final = 3


@dataclass(frozen=True, slots=True)
class Login:
    """One login, in seconds: as the client saw it, and what its hash took on the server."""

    whole: float
    hashing: float


def command(
    url: Annotated[str, typer.Option(help="The edge.")] = "http://127.0.0.1:8080",
    metrics: Annotated[str, typer.Option(help="The same edge's operations port.")] = "http://127.0.0.1:9090",
    count: Annotated[int, typer.Option(min=2)] = 200,
) -> None:
    """Log in again and again, one after the other, and tell the times; nobody else may log in there meanwhile."""
    for line in told(asyncio.run(_measure(url, metrics, count))):
        print(line)


def told(logins: list[Login]) -> list[str]:
    """The lines of the report."""
    parts = {
        "whole": [login.whole for login in logins],
        "hash": [login.hashing for login in logins],
        "without hash": [login.whole - login.hashing for login in logins],
    }
    lines = [f"{len(logins)} logins, milliseconds    p50      p95"]
    for name, seconds in parts.items():
        cuts = statistics.quantiles(seconds, n=20, method="inclusive")
        lines.append(f"{name:24} {cuts[9] * 1000:8.1f} {cuts[18] * 1000:8.1f}")
    return lines


async def _measure(url: str, metrics: str, count: int) -> list[Login]:
    email = f"{secrets.token_hex(6)}@example.org"
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            account = {"email": email, "password": PASSWORD, "name": "Measured"}
            await _post(http, f"{url}/api/auth/register", account)
            logins = []
            before = await _hashing(http, metrics)
            for _ in range(WARM + count):
                begun = time.perf_counter()
                await _post(http, f"{url}/api/auth/login", {"email": email, "password": PASSWORD})
                whole = time.perf_counter() - begun
                after = await _hashing(http, metrics)
                logins.append(Login(whole, after - before))
                before = after
    except aiohttp.ClientError as error:
        raise Unavailable(f"{url} and {metrics} must be one edge that can be reached: {error}") from error
    return logins[WARM:]


async def _post(http: aiohttp.ClientSession, url: str, body: dict[str, str]) -> None:
    async with http.post(url, json=body) as answer:
        await answer.read()
        if answer.status >= 400:
            raise Unavailable(f"{url} answers {answer.status}: {await answer.text()}")


async def _hashing(http: aiohttp.ClientSession, metrics: str) -> float:
    """Seconds that the edge has spent on hashes of passwords that it checked."""
    async with http.get(f"{metrics}/metrics") as answer:
        found = HASHING.search(await answer.text())
    return float(found[1]) if found else 0.0
