"""Sealing a secret before it enters the log, so that who reads the log does not read it.

A seal holds for one place: message type, field and action id are bound into it, and a sealed value
copied to another field or another action does not open.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from typing import TypedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.keyring import Keyring
from schemas.problems import SealBroken

_PURPOSE = "seal"
_NONCE_BYTES = 12


class Sealed(TypedDict):
    """A secret as it stands in the log: key id, nonce and ciphertext with its tag, base64url without padding."""

    kid: str
    nonce: str
    ct: str


def seal(
    keyring: Keyring, type_: str, field: str, action_id: str, plaintext: str, *, nonce: bytes | None = None
) -> Sealed:
    """Seals with AES-256-GCM under the current key; `nonce` is for tests, each must be used once."""
    nonce = os.urandom(_NONCE_BYTES) if nonce is None else nonce
    cipher = AESGCM(keyring.derive(_PURPOSE))
    sealed = cipher.encrypt(nonce, plaintext.encode(), _place(type_, field, action_id))
    return Sealed(kid=keyring.current, nonce=_text(nonce), ct=_text(sealed))


def unseal(keyring: Keyring, type_: str, field: str, action_id: str, sealed: Mapping[str, str]) -> str:
    """The secret. Raises SealBroken when it was changed, moved, or sealed with a key that is not here."""
    try:
        key = keyring.derive(_PURPOSE, sealed["kid"])
        plain = AESGCM(key).decrypt(_bytes(sealed["nonce"]), _bytes(sealed["ct"]), _place(type_, field, action_id))
        return plain.decode()
    except KeyError as error:
        raise SealBroken(f"{type_} {field}: the keyring has no key {error}") from error
    except (InvalidTag, ValueError) as error:
        raise SealBroken(f"{type_} {field}: does not open for action {action_id}") from error


def _place(type_: str, field: str, action_id: str) -> bytes:
    return f"{type_}|{field}|{action_id}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
