"""How a delivery is signed, by the convention of Standard Webhooks, and where the secret for it comes from.

A secret stands nowhere, in no log and in no table: it is an HMAC over the subscription and a version, under a key of the
keyring. So it can be shown once, after the answer, and a repeated request is answered with the same one.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from schemas.keyring import Keyring

PREFIX: Final = "whsec_"
PURPOSE: Final = "webhook-secret"
ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"


def secret(keyring: Keyring, subscription_id: str, version: int, kid: str) -> str:
    """The secret of one version, as a receiver keeps it. KeyError: the keyring has no such key any more."""
    urlsafe = keyring.sign(PURPOSE, subscription_id, str(version), kid=kid)
    return PREFIX + base64.b64encode(base64.urlsafe_b64decode(urlsafe + "=")).decode()


def signature(secret_: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 over `id.timestamp.body` in base64."""
    key = base64.b64decode(secret_.removeprefix(PREFIX), validate=True)
    said = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def headers(secrets: Iterable[str], delivery_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; with several secrets a receiver may know any of them."""
    signatures = [signature(each, delivery_id, timestamp, body) for each in secrets]
    return {ID: delivery_id, TIMESTAMP: str(timestamp), SIGNATURE: " ".join(signatures)}
