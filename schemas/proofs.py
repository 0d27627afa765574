"""The proof that an action comes from an operator: an HMAC that only who holds the keyring can make, good for one action."""

from typing import Final

from schemas.keyring import Keyring

PURPOSE: Final = "operator"


def operators(keyring: Keyring, type_: str, action_id: str, user_id: str) -> str:
    """The proof for one action on one person."""
    return keyring.sign(PURPOSE, type_, action_id, user_id)


def is_operators(keyring: Keyring, proof: str, type_: str, action_id: str, user_id: str) -> bool:
    """Whether a proof was made by who holds the keyring, for this very action."""
    return keyring.verify(PURPOSE, proof, type_, action_id, user_id)
