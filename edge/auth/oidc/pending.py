"""What a browser carries while it is at the provider: sealed, short-lived, and good for that browser alone."""

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from edge.auth.oidc.words import Identity
from schemas.keyring import Keyring
from schemas.problems import SealBroken
from schemas.sealing import seal, unseal

SECONDS: Final = 600
PLACE: Final = "edge.oidc"
MAX_NEXT: Final = 2000


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that has begun: what its answer must fit, and where to go afterwards."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str
    at: float

    @property
    def challenge(self) -> str:
        """The verifier's hash, which the provider is shown first (RFC 7636)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Somebody whom the provider knows, and whose address belongs to an account here that wants its password first."""

    identity: Identity
    next: str
    at: float


def begun(redirect_uri: str, then: str, now: float) -> Pending:
    """A new sign-in."""
    return Pending(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        redirect_uri=redirect_uri,
        next=own_path(then),
        at=now,
    )


def own_path(text: str) -> str:
    r"""A path of ours, or the first page: whoever wrote the link must not send people elsewhere.

    `//host`, `/\host` and what a browser would clean up to those (tabs, line ends) lead out.
    """
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and len(text) <= MAX_NEXT
    if not plain or not text.isprintable() or "\\" in text:
        return "/"
    return text


def write(keyring: Keyring, name: str, value: Pending | Unlinked) -> str:
    """The value as a cookie of that name."""
    sealed = seal(keyring, PLACE, type(value).__name__, name, orjson.dumps(asdict(value)).decode())
    return f"{sealed['kid']}.{sealed['nonce']}.{sealed['ct']}"


def read_pending(keyring: Keyring, name: str, cookie: str | None, now: float) -> Pending | None:
    """The sign-in in a cookie of that name; None for one that is not ours, of another name, or too old."""
    fields = _opened(keyring, Pending.__name__, name, cookie, now)
    return None if fields is None else Pending(**fields)


def read_unlinked(keyring: Keyring, name: str, cookie: str | None, now: float) -> Unlinked | None:
    """The same for somebody who is to show a password."""
    fields = _opened(keyring, Unlinked.__name__, name, cookie, now)
    return None if fields is None else Unlinked(**fields | {"identity": Identity(**fields["identity"])})


def _opened(keyring: Keyring, kind: str, name: str, cookie: str | None, now: float) -> dict[str, Any] | None:
    parts = (cookie or "").split(".")
    if len(parts) != 3:
        return None
    try:
        text = unseal(keyring, PLACE, kind, name, dict(zip(("kid", "nonce", "ct"), parts, strict=True)))
    except SealBroken:
        return None
    fields: dict[str, Any] = json.loads(text)
    return fields if 0 <= now - fields["at"] <= SECONDS else None
