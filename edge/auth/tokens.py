"""Makes and reads the tokens that the edge hands out: access, refresh, link and invite.

Access tokens are JWTs. A refresh, link or invite token is its ids and an HMAC over them: it never stands in the log, and the
same ids give the same token, so a repeated refresh can be answered with the same successor. All carry the id of the key.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import jwt

from edge.auth.callers import Caller
from edge.auth.invitations import Invitation, To
from edge.errors import ApiError
from edge.rooms.bounded import Bounded
from schemas.keyring import Keyring
from schemas.webhooks import signing

ISSUER: Final = "doska"
ALGORITHM: Final = "HS256"
MAC_BYTES: Final = 24
# Checking one takes 0.1 ms, and a client sends the same with each request for a quarter of an hour.
VERIFIED_TOKENS: Final = 10_000
# Ours have a few hundred; nothing is unpacked to find out that it is not ours.
ACCESS_CHARACTERS: Final = 4096
Kind = Literal["refresh", "link", "workspace-invite", "board-invite"]
KIND_OF_INVITE: Final[Mapping[To, Kind]] = {"workspace": "workspace-invite", "board": "board-invite"}


@dataclass(frozen=True, slots=True)
class Refresh:
    """What a refresh token says: the session, and which of its rotations this is."""

    user_id: str
    session_id: str
    generation: int


class Tokens:
    """Signs with the keyring's current key, accepts what any of its keys signed."""

    def __init__(self, keyring: Keyring, access_seconds: int) -> None:
        self.access_seconds = access_seconds
        self._keyring = keyring
        self._current = keyring.current
        self._access = {kid: keyring.derive("access-token", kid) for kid in keyring.kids}
        # Signature and claims of a token never change; its end is looked at each time.
        self._verified: Bounded[str, Caller] = Bounded(VERIFIED_TOKENS)
        self._opaque: dict[Kind, Mapping[str, bytes]] = {
            "refresh": {kid: keyring.derive("refresh-token", kid) for kid in keyring.kids},
            "link": {kid: keyring.derive("link-token", kid) for kid in keyring.kids},
            "workspace-invite": {kid: keyring.derive("workspace-invite-token", kid) for kid in keyring.kids},
            "board-invite": {kid: keyring.derive("board-invite-token", kid) for kid in keyring.kids},
        }

    def mint_access(self, caller: Caller, now: float) -> str:
        """An access token for `caller` that ends at `caller.expires_at`."""
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "sub": caller.user_id,
            "iat": now,
            "exp": caller.expires_at,
            "name": caller.name,
            "color": caller.color,
            "locale": caller.locale,
        }
        if caller.guest:
            claims |= {"link": caller.link_id, "board": caller.board_id}
        else:
            claims["sid"] = caller.session_id
        return jwt.encode(claims, self._access[self._current], ALGORITHM, headers={"kid": self._current})

    def verify_access(self, token: str, now: float, *, expired_for_seconds: float = 0) -> Caller:
        """The caller of a token that is ours and not past its end (by more than `expired_for_seconds`).

        Raises `ApiError` `unauthenticated`.
        """
        caller = self._verified.get(token)
        if caller is None:
            caller = self._verify(token)
            self._verified.put(token, caller)
        if now >= caller.expires_at + expired_for_seconds:
            raise _refused("The access token is past its end: refresh it.")
        return caller

    def _verify(self, token: str) -> Caller:
        if len(token) > ACCESS_CHARACTERS:
            raise _refused("This is not an access token of ours.")
        try:
            key = self._access[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                key,
                [ALGORITHM],
                issuer=ISSUER,
                # The clock is the caller's: see below.
                options={"require": ["exp", "iat", "iss", "sub"], "verify_exp": False, "verify_iat": False},
            )
            return _caller(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise _refused("This is not an access token of ours.") from None

    def refresh_token(self, user_id: str, session_id: str, generation: int) -> str:
        """The one refresh token of this generation of the session."""
        return self._mint("refresh", UUID(user_id).bytes + UUID(session_id).bytes + struct.pack(">I", generation))

    def parse_refresh(self, token: str) -> Refresh:
        """What a refresh token of ours says. Raises `ApiError` `unauthenticated`."""
        payload = self._read("refresh", token, 36)
        if payload is None:
            raise _refused("This is not a refresh token of ours.")
        (generation,) = struct.unpack(">I", payload[32:])
        return Refresh(str(UUID(bytes=payload[:16])), str(UUID(bytes=payload[16:32])), generation)

    def link_token(self, board_id: str, link_id: str) -> str:
        """The token that opens a link; the same each time it is made."""
        return self._mint("link", UUID(board_id).bytes + UUID(link_id).bytes)

    def parse_link(self, token: str) -> tuple[str, str] | None:
        """The board and link that a token opens, or None for what we never made."""
        payload = self._read("link", token, 32)
        return None if payload is None else (str(UUID(bytes=payload[:16])), str(UUID(bytes=payload[16:])))

    def invite_token(self, invitation: Invitation) -> str:
        """The token that accepts an invite; the same each time it is made."""
        ids = UUID(invitation.resource_id).bytes + UUID(invitation.invite_id).bytes
        return self._mint(KIND_OF_INVITE[invitation.to], ids)

    def parse_invite(self, token: str) -> Invitation | None:
        """What a token invites to, or None for what we never made; both kinds are tried, whatever the first one says."""
        read = {to: self._read(kind, token, 32) for to, kind in KIND_OF_INVITE.items()}
        for to, payload in read.items():
            if payload is not None:
                return Invitation(to, str(UUID(bytes=payload[:16])), str(UUID(bytes=payload[16:])))
        return None

    def webhook_secret(self, subscription_id: str, version: int, key_id: str) -> str:
        """The secret that deliveries to a webhook are signed with; the same each time it is made."""
        return signing.secret(self._keyring, subscription_id, version, key_id)

    def _mint(self, kind: Kind, payload: bytes) -> str:
        mac = _mac(self._opaque[kind][self._current], kind, payload)
        return f"{_text(self._current.encode())}.{_text(payload + mac)}"

    def _read(self, kind: Kind, token: str, length: int) -> bytes | None:
        kid, _, rest = token.partition(".")
        try:
            key = self._opaque[kind][_bytes(kid).decode()]
            raw = _bytes(rest)
        except (KeyError, ValueError):
            return None
        payload, mac = raw[:length], raw[length:]
        # Compared in constant time, and the spelling must be the one that we write (base64 has spare bits).
        if not hmac.compare_digest(mac, _mac(key, kind, payload)) or _text(raw) != rest:
            return None
        return payload


def _caller(claims: Mapping[str, Any]) -> Caller:
    guest = "link" in claims
    return Caller(
        user_id=str(UUID(claims["sub"])),
        session_id=None if guest else str(UUID(claims["sid"])),
        name=str(claims["name"]),
        color=str(claims["color"]),
        guest=guest,
        link_id=str(UUID(claims["link"])) if guest else None,
        board_id=str(UUID(claims["board"])) if guest else None,
        expires_at=float(claims["exp"]),
        locale=str(claims["locale"]),
    )


def _mac(key: bytes, kind: Kind, payload: bytes) -> bytes:
    return hmac.digest(key, kind.encode() + b"\0" + payload, hashlib.sha256)[:MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Decode strictly. Raises `ValueError`."""
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(str(error)) from None


def _refused(detail: str) -> ApiError:
    return ApiError("unauthenticated", detail)
