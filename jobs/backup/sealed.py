"""The keyring and the passwords of the parts, sealed with a key that lies elsewhere than the backups."""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from compose.embedded.credentials import write_private
from topics.errors import Misconfigured

BYTES: Final = 32
NONCE_BYTES: Final = 12
PURPOSE: Final = b"doska backup secrets 1"


def create_key(path: Path) -> None:
    """A new key, readable by its owner alone. Raises Misconfigured where a file is already."""
    if path.exists():
        raise Misconfigured(f"{path} is there already, and what is sealed with it could not be opened without it")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, base64.b64encode(os.urandom(BYTES)).decode() + "\n")


def read_key(path: Path) -> bytes:
    """A key. Raises Misconfigured."""
    try:
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError, binascii.Error) as error:
        raise Misconfigured(f"DOSKA_BACKUP_KEY_FILE: {path} cannot be read as a key: {error}") from error
    if len(key) != BYTES:
        raise Misconfigured(f"DOSKA_BACKUP_KEY_FILE: the key in {path} has {len(key)} bytes instead of {BYTES}")
    return key


def seal(key: bytes, secrets: Mapping[str, str]) -> bytes:
    """Texts by name, so that only who has the key can read them."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(dict(secrets)).encode(), PURPOSE)


def unseal(key: bytes, raw: bytes, where: Path) -> Mapping[str, str]:
    """The texts. Raises Misconfigured when it is another key, or the file was touched."""
    try:
        found: Mapping[str, str] = json.loads(AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], PURPOSE))
    except (InvalidTag, ValueError) as error:
        raise Misconfigured(f"{where} was sealed with another key, or is damaged") from error
    return found
