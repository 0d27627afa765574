"""What a provider says of itself (OpenID Connect Discovery), read once an hour."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from edge.auth.oidc.faults import WordInvalid
from edge.auth.oidc.outside import Outside

PATH: Final = "/.well-known/openid-configuration"
KEEP_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Description:
    """The parts of a provider's metadata that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    secret_in_form: bool
    names_itself: bool


class Descriptions:
    """The provider's description, asked for again when it is an hour old."""

    def __init__(self, outside: Outside, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._outside = outside
        self._issuer = issuer
        self._clock = clock
        self._known: Description | None = None
        self._read_at = 0.0

    async def current(self) -> Description:
        """The description. Raises ProviderFault."""
        if self._known is None or self._clock() - self._read_at > KEEP_SECONDS:
            said = await self._outside.get(self._issuer.rstrip("/") + PATH)
            self._known = described(self._issuer, said)
            self._read_at = self._clock()
        return self._known


def described(issuer: str, said: Any) -> Description:
    """The description in a provider's metadata. Raises WordInvalid when it is another's, or something is missing."""
    if said.get("issuer") != issuer:
        raise WordInvalid(f"the provider calls itself {said.get('issuer')!r}, and DOSKA_OIDC_ISSUER is {issuer!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(said.get(name), str):
            raise WordInvalid(f"the provider's description has no {name}")
    if "S256" not in said.get("code_challenge_methods_supported", ["S256"]):
        raise WordInvalid("the provider does not take PKCE with S256")
    ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    userinfo = said.get("userinfo_endpoint")
    return Description(
        issuer=issuer,
        authorization_endpoint=said["authorization_endpoint"],
        token_endpoint=said["token_endpoint"],
        jwks_uri=said["jwks_uri"],
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else None,
        secret_in_form="client_secret_basic" not in ways and "client_secret_post" in ways,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )
