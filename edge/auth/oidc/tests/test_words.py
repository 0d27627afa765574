"""Which tokens of a provider are believed."""

import base64
from typing import Any

import jwt
import orjson
import pytest

from edge.auth.oidc.faults import WordInvalid
from edge.auth.oidc.keys import Keys
from edge.auth.oidc.tests.signer import CLIENT, ISSUER, NONCE, SUBJECT, FromNow, Signer, claims
from edge.auth.oidc.words import LOGOUT_EVENT, Ended, access_token, id_token, identity, logout_token

ONE, OTHER, CURVE = Signer("one"), Signer("other"), Signer("curve", "ES256")


async def published() -> dict[str, Any]:
    return {"keys": [ONE.jwk, CURVE.jwk]}


async def believed(token: object) -> Any:
    return await id_token(Keys(published), token, issuer=ISSUER, client_id=CLIENT, nonce=NONCE)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@pytest.mark.parametrize("signer", [ONE, CURVE], ids=["RS256", "ES256"])
async def test_a_good_token_is_believed(signer: Signer) -> None:
    assert (await believed(signer.sign(claims())))["sub"] == SUBJECT


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.org/realms/theirs"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": ["another", "third"]},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": FromNow(-61)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": FromNow(120)},
        {"iat": None},
        {"nbf": FromNow(120)},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 7},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"events": {LOGOUT_EVENT: {}}},
    ],
    ids=str,
)
async def test_a_claim_that_is_wrong_is_not_believed(changes: dict[str, Any]) -> None:
    with pytest.raises(WordInvalid):
        await believed(ONE.sign(claims(**changes)))


@pytest.mark.parametrize("changes", [{"exp": FromNow(-30)}, {"aud": [CLIENT]}, {"azp": CLIENT}], ids=str)
async def test_clocks_may_differ_and_an_audience_may_be_a_list(changes: dict[str, Any]) -> None:
    assert await believed(ONE.sign(claims(**changes)))


async def test_an_audience_of_several_is_believed_where_we_are_the_party() -> None:
    assert await believed(ONE.sign(claims(aud=[CLIENT, "another"], azp=CLIENT)))


async def test_a_token_without_a_signature_is_not_believed() -> None:
    for algorithm in ("none", "None", "NONE", "nOnE"):
        bare = f"{part({'alg': algorithm, 'kid': 'one'})}.{part(claims())}."
        with pytest.raises(WordInvalid):
            await believed(bare)


async def test_an_hmac_with_the_public_key_is_not_believed() -> None:
    body = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims())}"
    for secret in (ONE.pem, ONE.pem.strip(), orjson.dumps(ONE.jwk)):
        mac = jwt.get_algorithm_by_name("HS256").sign(body.encode(), secret)
        with pytest.raises(WordInvalid, match="HS256"):
            await believed(f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


async def test_a_token_of_a_key_that_the_provider_does_not_have_is_not_believed() -> None:
    with pytest.raises(WordInvalid, match="no key"):
        await believed(OTHER.sign(claims()))
    with pytest.raises(WordInvalid):
        await believed(OTHER.sign(claims(), kid="one"))


async def test_a_token_that_says_another_algorithm_than_its_key_is_not_believed() -> None:
    forged = jwt.encode(claims(), ONE.key, "PS256", headers={"kid": "one"})

    with pytest.raises(WordInvalid):
        await believed(forged)
    with pytest.raises(WordInvalid):
        await believed(jwt.encode(claims(), ONE.key, "RS256", headers={"kid": "curve"}))


async def test_a_changed_token_is_not_believed() -> None:
    head, body, signature = ONE.sign(claims()).split(".")
    changed = part(claims(sub="somebody else"))

    for token in (
        f"{head}.{changed}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-8]}",
    ):
        with pytest.raises(WordInvalid):
            await believed(token)


@pytest.mark.parametrize("token", [None, 7, "", "a.b.c", "x" * 40_000, "....", {"alg": "RS256"}], ids=repr)
async def test_what_is_no_token_is_not_believed(token: object) -> None:
    with pytest.raises(WordInvalid):
        await believed(token)


async def test_keys_and_addresses_inside_a_token_are_not_asked() -> None:
    with pytest.raises(WordInvalid):
        await believed(OTHER.sign(claims(), jwk=OTHER.jwk, jku="https://evil.example/keys"))


async def ended(token: str) -> Ended:
    return await logout_token(Keys(published), token, issuer=ISSUER, client_id=CLIENT)


def logout(**changes: Any) -> dict[str, Any]:
    return claims(**{"nonce": None, "jti": "1", "sid": "s-1", "events": {LOGOUT_EVENT: {}}} | changes)


async def test_a_logout_names_a_session_a_person_or_both() -> None:
    assert await ended(ONE.sign(logout(), typ="logout+jwt")) == Ended(ISSUER, SUBJECT, "s-1")
    assert await ended(ONE.sign(logout(sub=None))) == Ended(ISSUER, None, "s-1")
    assert await ended(ONE.sign(logout(sid=None))) == Ended(ISSUER, SUBJECT, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": NONCE},
        {"events": None},
        {"events": {}},
        {"events": LOGOUT_EVENT},
        {"events": {LOGOUT_EVENT: True}},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"sub": None, "sid": None},
        {"jti": None},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": FromNow(-120)},
        {"sid": 7},
    ],
    ids=str,
)
async def test_a_logout_that_is_wrong_ends_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(WordInvalid):
        await ended(ONE.sign(logout(**changes)))


async def test_an_id_token_ends_nothing() -> None:
    with pytest.raises(WordInvalid):
        await ended(ONE.sign(claims(jti="1", sid="s-1")))
    with pytest.raises(WordInvalid):
        await ended(ONE.sign(logout(), typ="at+jwt"))


async def carried(changes: dict[str, Any]) -> Any:
    token = ONE.sign(claims(**{"nonce": None, "typ": "Bearer", "aud": "account", "azp": "gatekeeper"} | changes))
    return await access_token(Keys(published), token, issuer=ISSUER, client_id="gatekeeper")


@pytest.mark.parametrize("changes", [{}, {"aud": None}, {"azp": None, "aud": ["account", "gatekeeper"]}], ids=str)
async def test_a_proxy_s_token_is_believed_when_it_was_given_to_the_proxy(changes: dict[str, Any]) -> None:
    assert (await carried(changes))["sub"] == SUBJECT


@pytest.mark.parametrize(
    "changes",
    [
        {"azp": "another"},
        {"azp": "another", "aud": "gatekeeper"},
        {"azp": None},
        {"azp": None, "aud": None},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"nonce": NONCE},
        {"exp": FromNow(-120)},
        {"iss": "https://evil.example"},
    ],
    ids=str,
)
async def test_another_token_is_not(changes: dict[str, Any]) -> None:
    with pytest.raises(WordInvalid):
        await carried(changes)


def test_an_address_counts_as_verified_only_in_the_same_breath() -> None:
    told = {"sub": SUBJECT, "email": "mary@example.org", "email_verified": True}

    assert identity(ISSUER, claims(), told).email_verified
    assert not identity(ISSUER, claims(email="other@example.org"), told).email_verified
    assert not identity(ISSUER, claims(email_verified=True), told | {"email_verified": False}).email_verified
    assert not identity(ISSUER, claims(email="mary@example.org", email_verified="true"), {}).email_verified
    assert identity(ISSUER, claims(email=" "), {}).email is None
    with pytest.raises(WordInvalid, match="somebody else"):
        identity(ISSUER, claims(), told | {"sub": "other"})


def test_a_name_is_what_can_be_shown() -> None:
    assert identity(ISSUER, claims(name=" Мэри\u0000\n "), {}).name == "Мэри"
    assert identity(ISSUER, claims(name="\n", preferred_username="mary"), {}).name == "mary"
    assert len(identity(ISSUER, claims(name="x" * 500), {}).name or "") == 100
    assert identity(ISSUER, claims(name=7), {}).name is None
