"""The keys of a deployment: one file, several keys by id, one of them current."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_BYTES = 32


class KeyringInvalid(Exception):
    """The keyring file cannot be used: what is wrong with it, and where it is."""


class Keyring:
    """Keys by id; new things are made with the current one, old ones are still understood.

    Every purpose has its own key, derived, so that a token of one kind is never a token of another.
    """

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        if current not in keys:
            raise KeyringInvalid(f"the current key {current!r} is not among the keys")
        for kid, key in keys.items():
            if len(key) != _BYTES:
                raise KeyringInvalid(f"key {kid!r} has {len(key)} bytes instead of {_BYTES}")
        self.current = current
        self.kids = tuple(keys)
        self._keys = dict(keys)
        self._derived: dict[tuple[str, str], bytes] = {}

    def __repr__(self) -> str:
        return f"Keyring(current={self.current!r}, kids={self.kids!r})"

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """The keyring in a file. Raises KeyringInvalid, FileNotFoundError."""
        try:
            document = json.loads(path.read_bytes())
            keys = {str(kid): base64.b64decode(key, validate=True) for kid, key in document["keys"].items()}
            return cls(document["current"], keys)
        except KeyringInvalid as error:
            raise KeyringInvalid(f"{path}: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringInvalid(
                f'{path} is no keyring: it must be {{"current": kid, "keys": {{kid: base64 of {_BYTES} bytes}}}}'
            ) from error

    @classmethod
    def create(cls, path: Path) -> "Keyring":
        """A keyring file with one fresh key, readable by its owner only; of several processes the first one wins."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"current": "k1", "keys": {"k1": base64.b64encode(os.urandom(_BYTES)).decode()}}
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(document, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # unlike a rename, a link never replaces what another process just made
                os.link(fresh, path)
        finally:
            fresh.unlink()
        return cls.load(path)

    def derive(self, purpose: str, kid: str | None = None) -> bytes:
        """32 bytes for one purpose (HKDF-SHA256), from the current key or the one named. KeyError: unknown kid."""
        kid = self.current if kid is None else kid
        if (purpose, kid) not in self._derived:
            expand = HKDF(algorithm=SHA256(), length=_BYTES, salt=None, info=b"doska\0" + purpose.encode())
            self._derived[purpose, kid] = expand.derive(self._keys[kid])
        return self._derived[purpose, kid]

    def sign(self, purpose: str, *parts: str, kid: str | None = None) -> str:
        """HMAC-SHA256 over the parts, base64url without padding; ("ab", "c") and ("a", "bc") differ."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        mac = hmac.new(self.derive(purpose, kid), message, hashlib.sha256)
        return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")

    def verify(self, purpose: str, signature: str, *parts: str) -> bool:
        """Whether any key of the ring made this signature; takes the same time whatever is wrong."""
        given = signature.encode("utf-8", "replace")
        matches = [hmac.compare_digest(self.sign(purpose, *parts, kid=kid).encode(), given) for kid in self.kids]
        return any(matches)
