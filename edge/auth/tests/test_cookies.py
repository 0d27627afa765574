"""The refresh cookie: where it travels, and what may read it."""

import pytest
from aiohttp import web

from edge.auth import cookies


@pytest.mark.parametrize(
    ("address", "secure"),
    [
        ("https://board.example.org", True),
        ("http://board.example.org", True),
        ("http://192.168.0.7:8080", True),
        ("https://localhost", True),
        ("http://localhost:8080", False),
        ("http://doska.localhost", False),
        ("http://127.0.0.1:8080", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:8080", False),
        ("http://localhost.example.org", True),
        ("http://", True),
    ],
)
def test_it_is_secure_but_on_the_loopback(address: str, secure: bool) -> None:
    response = web.Response()

    cookies.give(response, "token", address)

    cookie = response.cookies[cookies.NAME]
    assert bool(cookie["secure"]) is secure
    assert (cookie.value, cookie["path"], cookie["samesite"]) == ("token", "/api/auth", "Lax")
    assert cookie["httponly"]
    assert not cookie["domain"]


def test_taking_it_back_ends_it_at_once() -> None:
    response = web.Response()

    cookies.take_back(response, "http://localhost:8080")

    cookie = response.cookies[cookies.NAME]
    assert (cookie.value, cookie["path"], str(cookie["max-age"])) == ("", "/api/auth", "0")
