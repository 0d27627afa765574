"""Tokens that a provider signed: what must hold before their claims are believed."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWTError

from edge.auth.oidc.faults import WordInvalid
from edge.auth.oidc.keys import Keys

# Clocks of two machines differ.
LEEWAY_SECONDS: Final = 60
MAX_CHARACTERS: Final = 32 * 1024
MAX_SUBJECT: Final = 255
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPE: Final = "logout+jwt"

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at the provider; `session` is the provider's own session, by which its logout names it."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    session: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """What a logout token ends: one session of the provider, or all of a person where `session` is None."""

    issuer: str
    subject: str | None
    session: str | None


async def verified(keys: Keys, token: object, *, issuer: str, audience: str | None, required: list[str]) -> Claims:
    """The claims of a token that the issuer signed, for us, and that is valid now.

    `audience` None leaves that to the caller. Raises ProviderFault.
    """
    if not isinstance(token, str) or len(token) > MAX_CHARACTERS:
        raise WordInvalid("there is no token, or a huge one")
    try:
        header = jwt.get_unverified_header(token)
        key = await keys.find(header.get("kid"), str(header.get("alg")))
        claims: Claims = jwt.decode(
            token,
            key,
            [header["alg"]],
            issuer=issuer,
            audience=audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "iat", "exp", *required], "verify_aud": audience is not None},
        )
    except (PyJWTError, ValueError, TypeError) as error:
        raise WordInvalid(f"a token is not good: {error}") from error
    for name in ("sub", "sid"):
        value = claims.get(name)
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= MAX_SUBJECT and "\0" not in value):
            raise WordInvalid(f"a token's {name} is not a short text")
    return claims


async def id_token(keys: Keys, token: object, *, issuer: str, client_id: str, nonce: str) -> Claims:
    """The claims of the ID token that answers our request. Raises ProviderFault."""
    claims = await verified(keys, token, issuer=issuer, audience=client_id, required=["sub", "aud"])
    _for_us(claims, client_id)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise WordInvalid("the ID token answers another request: its nonce is not ours")
    if "events" in claims:
        raise WordInvalid("a logout token came as an ID token")
    return claims


async def access_token(keys: Keys, token: object, *, issuer: str, client_id: str) -> Claims:
    """The claims of an access token that was given to `client_id`. Raises ProviderFault.

    Providers put other audiences there (Keycloak: `account`), so being the party it was given to counts as well.
    """
    claims = await verified(keys, token, issuer=issuer, audience=None, required=["sub"])
    audiences = claims.get("aud", [])
    named = [audiences] if isinstance(audiences, str) else audiences
    if claims.get("azp") != client_id and not ("azp" not in claims and client_id in named):
        raise WordInvalid("the access token was given to another client")
    if "events" in claims or "nonce" in claims or claims.get("typ") not in (None, "Bearer"):
        raise WordInvalid("this is not an access token")
    return claims


async def logout_token(keys: Keys, token: object, *, issuer: str, client_id: str) -> Ended:
    """What a logout token ends (OpenID Connect Back-Channel Logout 1.0, section 2.6). Raises ProviderFault."""
    claims = await verified(keys, token, issuer=issuer, audience=client_id, required=["aud", "jti"])
    _for_us(claims, client_id)
    header = jwt.get_unverified_header(str(token))
    events = claims.get("events")
    if header.get("typ", LOGOUT_TYPE).lower() not in (LOGOUT_TYPE, "jwt"):
        raise WordInvalid("this is not a logout token")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise WordInvalid("the token tells of no logout")
    if "nonce" in claims:
        raise WordInvalid("an ID token came as a logout token")
    subject, session = claims.get("sub"), claims.get("sid")
    if subject is None and session is None:
        raise WordInvalid("the logout token names neither a person nor a session")
    return Ended(issuer, subject, session)


def identity(issuer: str, claims: Claims, told: Claims) -> Identity:
    """Who the verified claims speak of; `told` are those of the userinfo endpoint. Raises WordInvalid."""
    if told and told.get("sub") != claims["sub"]:
        raise WordInvalid("the userinfo is about somebody else")
    both = {**told, **claims}
    email = both.get("email")
    # Verified counts only in the same breath as the address itself.
    source = claims if "email" in claims else told
    return Identity(
        issuer=issuer,
        subject=claims["sub"],
        email=email.strip() if isinstance(email, str) and email.strip() else None,
        email_verified=source.get("email_verified") is True,
        name=_name(both),
        session=claims.get("sid"),
    )


def _for_us(claims: Claims, client_id: str) -> None:
    """A token for several audiences must say that we are the one it was made for."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise WordInvalid("the token was made for another client")


def _name(claims: Claims) -> str | None:
    """What to call somebody, as far as the provider says so."""
    for wish in ("name", "preferred_username", "nickname"):
        text = claims.get(wish)
        if isinstance(text, str):
            plain = "".join(character for character in text if character.isprintable()).strip()[:100]
            if plain:
                return plain
    return None
