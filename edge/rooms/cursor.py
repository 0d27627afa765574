"""Cursors and positions as clients see them: opaque tokens that only this product can write, each for one room or board."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from schemas.keyring import Keyring
from topics.bus.message import Position
from topics.rooms.mark import Mark

PURPOSE = "cursors"
MAC_BYTES = 8  # 64 bits: guessing one is a request each, and what it opens is a board that one may read anyway
LONGEST = 512


class CursorInvalid(Exception):
    """A cursor or position that is unreadable or of another room."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a client has seen of a room.

    Attributes:
        room: the room it is for.
        epoch: the numbering that `seq` belongs to; None when Redis was away and only the mark is known.
        seq: the last event seen.
        mark: how far boards.ops is contained; None when nobody can say, e.g. on a board without an op in this epoch.
        fresh_until_ms: until then a join since this cursor may replay however much; 0 for all but those of snapshots.
    """

    room: str
    epoch: str | None
    seq: int
    mark: Mark | None
    fresh_until_ms: int = 0


class Cursors:
    """Writes and reads tokens. Those of a key that was rotated out stay readable as long as the keyring keeps it."""

    def __init__(self, keyring: Keyring) -> None:
        self._current = keyring.derive(PURPOSE)
        self._all = [keyring.derive(PURPOSE, kid) for kid in keyring.kids]

    def encode(self, cursor: Cursor) -> str:
        """The token of a cursor."""
        mark = "-" if cursor.mark is None else str(cursor.mark)
        return self._seal(cursor.room, f"c {cursor.epoch or '-'} {cursor.seq} {mark} {cursor.fresh_until_ms}")

    def decode(self, room: str, token: str) -> Cursor:
        """The cursor in a token of `room`. Raises CursorInvalid."""
        kind, *fields = self._open(room, token).split(" ")
        if kind != "c":
            raise CursorInvalid("this is not a cursor")
        epoch, seq, mark, fresh_until_ms = fields
        return Cursor(room, None if epoch == "-" else epoch, int(seq), Mark.parse(mark), int(fresh_until_ms))

    def encode_position(self, board_id: str, position: Position) -> str:
        """The token of a position on a board."""
        place = f"{position.generation} {position.partition} {position.offset} {position.index}"
        return self._seal(f"board:{board_id}", f"p {place}")

    def decode_position(self, board_id: str, token: str) -> Position:
        """The position in a token of a board. Raises CursorInvalid."""
        kind, *fields = self._open(f"board:{board_id}", token).split(" ")
        if kind != "p":
            raise CursorInvalid("this is not a position")
        generation, partition, offset, index = fields
        return Position(generation, int(partition), int(offset), int(index))

    def _seal(self, room: str, text: str) -> str:
        body = text.encode()
        return base64.urlsafe_b64encode(_mac(self._current, room, body) + body).rstrip(b"=").decode()

    def _open(self, room: str, token: str) -> str:
        if len(token) > LONGEST:
            raise CursorInvalid("it is too long")
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise CursorInvalid("it cannot be read") from error
        mac, body = raw[:MAC_BYTES], raw[MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, room, body)) for key in self._all):
            raise CursorInvalid("it is not ours, or of another board")
        return body.decode()


def _mac(key: bytes, room: str, body: bytes) -> bytes:
    return hmac.digest(key, room.encode() + b"\n" + body, "sha256")[:MAC_BYTES]
