"""Own and configured origins, and nobody else's."""

import pytest

from edge.auth.origins import allowed
from edge.settings import EdgeSettings


@pytest.mark.parametrize(
    ("settings", "origin", "good"),
    [
        ({"port": 8080}, "http://localhost:8080", True),
        ({"port": 8080}, "http://127.0.0.1:8080", True),
        ({"port": 8080}, "http://[::1]:8080", True),
        ({"port": 8080}, "http://localhost:8081", False),
        ({"port": 8080}, "https://localhost:8080", False),
        ({"port": 80}, "http://localhost", True),
        ({"port": 8080}, "null", False),
        ({"port": 8080}, "", False),
        ({"public_url": "https://board.example.org"}, "https://board.example.org", True),
        ({"public_url": "https://board.example.org/doska/"}, "https://board.example.org", True),
        ({"public_url": "https://board.example.org:443"}, "https://board.example.org", True),
        ({"public_url": "https://board.example.org"}, "https://board.example.org.evil.example", False),
        ({"public_url": "https://board.example.org"}, "http://localhost:8080", False),
        ({"origins": "https://a.example, https://b.example"}, "https://b.example", True),
        ({"origins": "https://a.example"}, "https://b.example", False),
    ],
)
def test_an_origin_is_ours_or_configured(settings: dict[str, object], origin: str, good: bool) -> None:
    assert allowed(EdgeSettings(**settings), origin) is good


@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "board.example.org"},
        {"public_url": "ftp://x"},
        {"origins": "https://a/x"},
        {"trusted_proxies": "x"},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        EdgeSettings(**settings)
