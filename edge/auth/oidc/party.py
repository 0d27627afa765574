"""We, as the provider's client: the address to send people to, and what comes of the code they bring back."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp

from edge.auth.oidc import words
from edge.auth.oidc.description import Descriptions
from edge.auth.oidc.faults import WordInvalid
from edge.auth.oidc.keys import Keys
from edge.auth.oidc.outside import Json, Outside
from edge.auth.oidc.pending import Pending
from edge.auth.oidc.words import Claims, Ended, Identity

OPENID: Final = "openid"


@dataclass(frozen=True, slots=True)
class Registration:
    """What the operator agreed with the provider. Without a secret we are a public client: PKCE alone protects."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    name: str


class Party:
    """One provider and we."""

    def __init__(self, registration: Registration, outside: Outside) -> None:
        self.registration = registration
        self._outside = outside
        self._descriptions = Descriptions(outside, registration.issuer)
        self._keys = Keys(self._key_set)

    async def authorization(self, pending: Pending) -> str:
        """Where the browser goes to sign in. Raises ProviderFault."""
        endpoint = (await self._descriptions.current()).authorization_endpoint
        scopes = dict.fromkeys((OPENID, *self.registration.scopes))
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.registration.client_id,
                "redirect_uri": pending.redirect_uri,
                "scope": " ".join(scopes),
                "state": pending.state,
                "nonce": pending.nonce,
                "code_challenge": pending.challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def identity(self, code: str, pending: Pending, named: str | None) -> Identity:
        """Who the code is for; `named` is the `iss` parameter beside it (RFC 9207). Raises ProviderFault."""
        provider = await self._descriptions.current()
        if (named is not None or provider.names_itself) and named != provider.issuer:
            raise WordInvalid(f"the answer is of {named!r}, and we asked {provider.issuer!r}")
        answer = await self._exchange(code, pending)
        claims = await words.id_token(
            self._keys,
            answer.get("id_token"),
            issuer=provider.issuer,
            client_id=self.registration.client_id,
            nonce=pending.nonce,
        )
        told: Claims = {}
        token = answer.get("access_token")
        if "email" not in claims and provider.userinfo_endpoint is not None and isinstance(token, str):
            told = await self._outside.get(provider.userinfo_endpoint, token=token)
        return words.identity(provider.issuer, claims, told)

    async def ended(self, logout_token: str) -> Ended:
        """What a logout token ends. Raises ProviderFault."""
        registration = self.registration
        return await words.logout_token(
            self._keys, logout_token, issuer=registration.issuer, client_id=registration.client_id
        )

    async def bearer(self, token: str, client_id: str) -> Identity:
        """Whom an access token speaks of that was given to `client_id`. Raises ProviderFault."""
        claims = await words.access_token(self._keys, token, issuer=self.registration.issuer, client_id=client_id)
        return words.identity(self.registration.issuer, claims, {})

    async def close(self) -> None:
        """Give the connections up."""
        await self._outside.close()

    async def _exchange(self, code: str, pending: Pending) -> Json:
        provider, ours = await self._descriptions.current(), self.registration
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "client_id": ours.client_id,
            "code_verifier": pending.verifier,
        }
        if not ours.client_secret:
            return await self._outside.post(provider.token_endpoint, form, None)
        if provider.secret_in_form:
            return await self._outside.post(provider.token_endpoint, form | {"client_secret": ours.client_secret}, None)
        # RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
        auth = aiohttp.BasicAuth(quote(ours.client_id, safe=""), quote(ours.client_secret, safe=""))
        return await self._outside.post(provider.token_endpoint, form, auth)

    async def _key_set(self) -> Json:
        return await self._outside.get((await self._descriptions.current()).jwks_uri)
