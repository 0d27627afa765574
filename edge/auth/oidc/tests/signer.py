"""A provider's keys and the tokens that it, or a forger, makes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://id.example.org/realms/ours"
CLIENT = "doska"
NONCE = "n-0S6_WzA2Mj"
SUBJECT = "248289761001"


class Signer:
    """One key, and what it signs."""

    def __init__(self, kid: str, kind: str = "RS256") -> None:
        self.kid, self.kind = kid, kind
        self.key: Any = (
            rsa.generate_private_key(65537, 2048) if kind[0] in "RP" else ec.generate_private_key(ec.SECP256R1())
        )
        algorithm = jwt.get_algorithm_by_name(kind)
        public = algorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.jwk: dict[str, Any] = {**public, "kid": kid, "use": "sig", "alg": kind}

    @property
    def pem(self) -> bytes:
        """The public key as text: what a forger takes for the secret of an HMAC."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A token."""
        return jwt.encode(dict(claims), self.key, self.kind, headers={"kid": self.kid, **header})


@dataclass(frozen=True)
class FromNow:
    """So many seconds from when the claims are made, however long before a test was collected."""

    seconds: int


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims of an ID token, with changes; a change to None leaves that claim out."""
    now = int(time.time())
    changes = {name: now + value.seconds if isinstance(value, FromNow) else value for name, value in changes.items()}
    good = {"iss": ISSUER, "aud": CLIENT, "sub": SUBJECT, "iat": now, "exp": now + 300, "nonce": NONCE}
    return {name: value for name, value in (good | changes).items() if value is not None}
