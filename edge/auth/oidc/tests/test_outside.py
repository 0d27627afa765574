"""Requests to a provider: where they go, and how much they take."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from edge.auth.oidc.description import described
from edge.auth.oidc.faults import ProviderAway, ProviderRefused, WordInvalid
from edge.auth.oidc.outside import MAX_BYTES, Outside
from tests.loopback import listening

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
DESCRIPTION = {
    "issuer": "https://id.example.org",
    "authorization_endpoint": "https://id.example.org/auth",
    "token_endpoint": "https://id.example.org/token",
    "jwks_uri": "https://id.example.org/keys",
}


@asynccontextmanager
async def server(answer: Handler) -> AsyncIterator[tuple[Outside, str]]:
    """A provider on the loopback that answers so, and its client."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with listening(app) as address:
        outside = Outside(address)
        try:
            yield outside, address
        finally:
            await outside.close()


async def test_an_answer_is_a_json_object() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "token": request.headers.get("Authorization")})

    async with server(answer) as (outside, address):
        assert await outside.get(f"{address}/x", token="t") == {"path": "/x", "token": "Bearer t"}


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (200, b"[]", WordInvalid),
        (200, b"<html>", WordInvalid),
        (200, b"", WordInvalid),
        (200, b'"' + b"x" * MAX_BYTES + b'"', WordInvalid),
        (400, b'{"error":"invalid_grant"}', ProviderRefused),
        (401, b"", ProviderRefused),
        (429, b"", ProviderAway),
        (500, b"", ProviderAway),
        (503, b"", ProviderAway),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_everything_else_is_a_fault_with_a_name(status: int, body: bytes, fault: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    async with server(answer) as (outside, address):
        with pytest.raises(fault):
            await outside.get(address)


async def test_a_redirect_is_not_followed() -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with server(answer) as (outside, address):
        with pytest.raises(ProviderAway, match="redirect"):
            await outside.get(f"{address}/here")

    assert asked == ["/here"]


async def test_nobody_inside_our_network_is_asked_but_the_issuer() -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({})

    async with server(answer) as (_, address):
        port = address.rpartition(":")[2]
        outside = Outside("https://id.example.org")
        try:
            for neighbour in ("127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]"):
                with pytest.raises(WordInvalid, match="inside"):
                    await outside.get(f"https://{neighbour}:{port}/")
            with pytest.raises(ProviderAway, match="inside"):
                await outside.get(f"https://localhost:{port}/")
            with pytest.raises(WordInvalid, match="https"):
                await outside.get(f"http://localhost:{port}/")
        finally:
            await outside.close()

    assert asked == []


def test_a_description_is_the_configured_issuer_s_own() -> None:
    assert described("https://id.example.org", DESCRIPTION).jwks_uri == "https://id.example.org/keys"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://id.example.org/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": 7},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_another_s_or_half_a_description_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(WordInvalid):
        described("https://id.example.org", DESCRIPTION | change)
