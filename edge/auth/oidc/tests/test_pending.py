"""What a browser carries while it is at the provider."""

import dataclasses
import os

import pytest

from edge.auth.oidc.pending import SECONDS, Unlinked, begun, own_path, read_pending, read_unlinked, write
from edge.auth.oidc.words import Identity
from schemas.keyring import Keyring

KEYRING = Keyring("k1", {"k1": os.urandom(32)})
OTHERS = Keyring("k1", {"k1": os.urandom(32)})
NOW = 1_800_000_000.0


def test_a_sign_in_comes_back_as_it_went() -> None:
    pending = begun("https://board.example.org/api/auth/oidc/callback", "/b/1?x=1", NOW)

    assert read_pending(KEYRING, "one", write(KEYRING, "one", pending), NOW + SECONDS) == pending


def test_it_is_good_under_its_name_for_its_time_and_by_our_keys_alone() -> None:
    pending = begun("https://board.example.org/cb", "/", NOW)
    cookie = write(KEYRING, "one", pending)

    assert read_pending(KEYRING, "other", cookie, NOW) is None
    assert read_pending(KEYRING, "one", cookie, NOW + SECONDS + 1) is None
    assert read_pending(KEYRING, "one", cookie, NOW - 1) is None
    assert read_pending(OTHERS, "one", cookie, NOW) is None
    assert read_unlinked(KEYRING, "one", cookie, NOW) is None
    for broken in (None, "", "a.b", "a.b.c", cookie[:-2], cookie + "x", "k2" + cookie[2:], "é.é.é"):
        assert read_pending(KEYRING, "one", broken, NOW) is None, broken


def test_nothing_of_it_can_be_read_on_the_way() -> None:
    pending = begun("https://board.example.org/cb", "/b/secret", NOW)
    cookie = write(KEYRING, "one", pending)

    for secret in (pending.nonce, pending.verifier, pending.state, "secret"):
        assert secret not in cookie
    assert len(cookie) < 1500


def test_somebody_who_is_to_show_a_password_comes_back_as_he_went() -> None:
    unlinked = Unlinked(
        Identity("https://id.example.org", "7", "m@example.org", email_verified=True, name="Мэри", session=None),
        "/",
        NOW,
    )
    cookie = write(KEYRING, "link", unlinked)

    assert read_unlinked(KEYRING, "link", cookie, NOW) == unlinked
    assert read_pending(KEYRING, "link", cookie, NOW) is None


def test_no_two_sign_ins_are_alike() -> None:
    one, two = (begun("https://x", "/", NOW) for _ in range(2))

    for name in ("state", "nonce", "verifier"):
        assert getattr(one, name) != getattr(two, name)
        assert len(getattr(one, name)) >= 32


def test_the_challenge_is_that_of_the_standard() -> None:
    # RFC 7636, appendix B.
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    pending = dataclasses.replace(begun("https://x", "/", NOW), verifier=verifier)

    assert pending.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("path", ["/", "/b/1?x=1&y=2", "/settings#top", "/доска", "/a//b"])
def test_our_own_pages_are_come_back_to(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "b/1",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " /x",
        "/" + "x" * 3000,
        "/x\\y",
    ],
)
def test_everything_else_is_the_first_page(path: str) -> None:
    assert own_path(path) == "/"
