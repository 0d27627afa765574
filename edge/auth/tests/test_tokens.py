"""Tokens: only ours, only whole, only of their kind."""

import base64
import dataclasses
import json

import jwt
import pytest

from edge.auth.callers import Caller
from edge.auth.tokens import Refresh, Tokens
from edge.errors import ApiError
from schemas.keyring import Keyring

USER, SESSION, BOARD, LINK = (f"01980c5e-000{n}-7a10-8f2e-3c4d5e6f7081" for n in range(1, 5))
NOW = 1_795_000_000.0
ADA = Caller(
    user_id=USER,
    session_id=SESSION,
    name="Ада",
    color="#1971c2",
    guest=False,
    link_id=None,
    board_id=None,
    expires_at=NOW + 900,
    locale="ru",
)
GUEST = dataclasses.replace(ADA, session_id=None, name="Guest", guest=True, link_id=LINK, board_id=BOARD)


def keyring(current: str = "k1", *more: str) -> Keyring:
    return Keyring(current, {kid: kid.encode().ljust(32, b"!") for kid in (current, *more)})


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(keyring(), 900)


@pytest.mark.parametrize("caller", [ADA, GUEST])
def test_an_access_token_says_who_came(tokens: Tokens, caller: Caller) -> None:
    assert tokens.verify_access(tokens.mint_access(caller, NOW), NOW + 899.9) == caller


def test_an_access_token_ends(tokens: Tokens) -> None:
    token = tokens.mint_access(GUEST, NOW)
    assert tokens.verify_access(token, NOW) == GUEST

    with pytest.raises(ApiError) as refused:
        tokens.verify_access(token, NOW + 900)
    assert refused.value.code == "unauthenticated"
    assert tokens.verify_access(token, NOW + 900 + 29, expired_for_seconds=30) == GUEST


def forged() -> list[str]:
    ours = Tokens(keyring(), 900).mint_access(ADA, NOW)
    head, body, mac = ours.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    key = keyring().derive("access-token")
    without_key = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "k1"}).encode()).decode().rstrip("=")
    return [
        "",
        "junk",
        "a.b.c",
        "é.b.c",
        f"{head}.{body}.",
        f"{head}.{body}.{mac[:-2]}AA",
        f"{without_key}.{body}.",
        Tokens(keyring("k2"), 900).mint_access(ADA, NOW),
        jwt.encode(claims, keyring().derive("refresh-token"), "HS256", headers={"kid": "k1"}),
        jwt.encode(claims | {"iss": "else"}, key, "HS256", headers={"kid": "k1"}),
        jwt.encode(claims | {"sub": "root"}, key, "HS256", headers={"kid": "k1"}),
        jwt.encode(claims, key, "HS256", headers={"kid": "k9"}),
        jwt.encode(claims, key, "HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, "HS256", headers={"kid": "k1"}),
        jwt.encode(claims, key + key, "HS512", headers={"kid": "k1"}),
    ]


@pytest.mark.parametrize("token", forged())
def test_what_is_not_ours_is_nobody(tokens: Tokens, token: str) -> None:
    with pytest.raises(ApiError) as refused:
        tokens.verify_access(token, NOW)

    assert refused.value.code == "unauthenticated"


def test_old_keys_are_still_understood_and_new_ones_sign(tokens: Tokens) -> None:
    rotated = Tokens(keyring("k2", "k1"), 900)

    assert rotated.verify_access(tokens.mint_access(ADA, NOW), NOW) == ADA
    assert rotated.parse_refresh(tokens.refresh_token(USER, SESSION, 3)) == Refresh(USER, SESSION, 3)
    assert rotated.parse_link(tokens.link_token(BOARD, LINK)) == (BOARD, LINK)
    assert rotated.link_token(BOARD, LINK) != tokens.link_token(BOARD, LINK)


def test_a_refresh_token_is_the_same_each_time_and_another_in_the_next_generation(tokens: Tokens) -> None:
    assert tokens.refresh_token(USER, SESSION, 1) == tokens.refresh_token(USER, SESSION, 1)
    assert tokens.refresh_token(USER, SESSION, 1) != tokens.refresh_token(USER, SESSION, 2)


def test_every_changed_character_of_an_opaque_token_spoils_it(tokens: Tokens) -> None:
    token = tokens.link_token(BOARD, LINK)

    for at, character in enumerate(token):
        other = "A" if character != "A" else "B"
        assert tokens.parse_link(token[:at] + other + token[at + 1 :]) is None
    for changed in (token + "A", token[:-1], token + "=", token.upper(), ""):
        assert tokens.parse_link(changed) is None


def test_a_token_of_one_kind_is_none_of_the_other(tokens: Tokens) -> None:
    with pytest.raises(ApiError):
        tokens.parse_refresh(tokens.link_token(BOARD, LINK))
    assert tokens.parse_link(tokens.refresh_token(USER, SESSION, 1)) is None
    with pytest.raises(ApiError):
        tokens.parse_refresh(tokens.mint_access(ADA, NOW))


def test_a_guest_cannot_be_turned_into_an_account(tokens: Tokens) -> None:
    token = tokens.mint_access(dataclasses.replace(GUEST, session_id=SESSION), NOW)

    assert tokens.verify_access(token, NOW).session_id is None
