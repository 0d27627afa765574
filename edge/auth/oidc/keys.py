"""The provider's public keys: kept, and asked for again when a token names one that is not there."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from edge.auth.oidc.faults import WordInvalid

KEEP_SECONDS: Final = 3600.0
# Anybody can send a token with a key id that nobody has: that must not become a flood at the provider.
AGAIN_SECONDS: Final = 10.0
# Only what a public key checks. An HMAC "by" a public key would be made by whoever has read that key.
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
FAMILY: Final[Mapping[str, str]] = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
CURVE: Final[Mapping[str, str]] = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

Ask = Callable[[], Awaitable[Mapping[str, Any]]]


class Keys:
    """A cache of one key set; `ask` gets it from the provider."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._set: list[Mapping[str, Any]] = []
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> PyJWK:
        """The key that a token names, for the algorithm that it names. Raises ProviderFault."""
        if algorithm not in ALGORITHMS:
            raise WordInvalid(f"a token is signed with {algorithm!r}, which is not accepted")
        if self._clock() - self._read_at > KEEP_SECONDS:
            await self._read(KEEP_SECONDS)
        found = self._pick(kid, algorithm)
        if found is None:
            # The provider may have changed its keys since.
            await self._read(AGAIN_SECONDS)
            found = self._pick(kid, algorithm)
        if found is None:
            raise WordInvalid(f"the provider has no key {kid!r} for {algorithm}")
        try:
            return PyJWK(dict(found), algorithm=algorithm)
        except PyJWTError as error:
            raise WordInvalid(f"the provider's key {kid!r} cannot be used: {error}") from error

    def _pick(self, kid: str | None, algorithm: str) -> Mapping[str, Any] | None:
        """The only key that fits. Without a key id there may be one candidate, and a guess among several is none."""
        fitting = [key for key in self._set if _fits(key, algorithm) and kid in (None, key.get("kid"))]
        return fitting[0] if len(fitting) == 1 else None

    async def _read(self, older_than: float) -> None:
        """Ask for the set unless it is younger than that; of those who wait for it one asks."""
        async with self._lock:
            if self._clock() - self._read_at <= older_than:
                return
            said = await self._ask()
            keys = said.get("keys")
            if not isinstance(keys, list):
                raise WordInvalid("the provider's key set has no keys")
            self._set = [key for key in keys if isinstance(key, dict)]
            self._read_at = self._clock()


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    return (
        key.get("kty") == FAMILY[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("crv", CURVE.get(algorithm)) == CURVE.get(algorithm, key.get("crv"))
    )
