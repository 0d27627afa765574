"""What an operator may set, and what is refused before anything starts."""

import pytest
from pydantic import ValidationError

from edge.settings import EdgeSettings

PROVIDER = {"oidc_issuer": "https://id.example.org/realms/ours", "oidc_client_id": "doska"}


@pytest.mark.parametrize(
    "issuer", ["https://id.example.org", "http://127.0.0.1:8080/realms/x", "http://localhost:1", "http://[::1]:1"]
)
def test_a_provider_is_https_or_on_this_machine(issuer: str) -> None:
    assert EdgeSettings(**PROVIDER | {"oidc_issuer": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"oidc_issuer": "http://id.example.org"}, "must be https"),
        ({"oidc_issuer": "id.example.org"}, "must be an address"),
        ({"oidc_issuer": "https://id.example.org/?x=1"}, "must be an address"),
        ({"oidc_client_id": ""}, "go together"),
        ({"oidc_issuer": ""}, "go together"),
        ({"oidc_gatekeeper_client_id": "gatekeeper"}, "DOSKA_TRUSTED_PROXIES"),
        ({"oidc_name": ""}, "at least 1"),
    ],
    ids=str,
)
def test_half_a_provider_is_refused_in_words(change: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EdgeSettings(**PROVIDER | change)


def test_scopes_are_written_as_oauth_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_OIDC_SCOPES", "openid email  groups")

    assert EdgeSettings().oidc_scopes == ("openid", "email", "groups")
    assert "hush" not in repr(EdgeSettings(**PROVIDER, oidc_client_secret="hush"))
