"""The tokens of links that are mailed or handed over: ids and an HMAC over them, so that they need to stand nowhere."""

from typing import Final, Literal

from schemas.ids import is_id
from schemas.keyring import Keyring

Kind = Literal["reset", "confirm"]
# Two ids, a signature and two dots; what is longer is not looked at.
LENGTH: Final = 36 + 1 + 36 + 1 + 43


def mint(keyring: Keyring, kind: Kind, user_id: str, link_id: str) -> str:
    """The one token of this link; `link_id` is the reset's or the confirmation's."""
    return f"{user_id}.{link_id}.{keyring.sign(f'{kind}-token', user_id, link_id)}"


def read(keyring: Keyring, kind: Kind, token: str) -> tuple[str, str] | None:
    """The person and the link that a token names; None for what we never made."""
    parts = token.split(".") if len(token) == LENGTH else []
    if len(parts) != 3 or not is_id(parts[0]) or not is_id(parts[1]):
        return None
    user_id, link_id, signature = parts
    return (user_id, link_id) if keyring.verify(f"{kind}-token", signature, user_id, link_id) else None
