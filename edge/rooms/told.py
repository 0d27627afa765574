"""What one tick tells the members of a room: the same to all, and to those who moved the same without their own move."""

from collections.abc import Mapping
from functools import cached_property

import orjson

from edge.rooms.frames import FINAL_TEXT, PACKED, PACKED_FROM, Prepared, SharedFrame, encode_text, piece, stored

# So many moves are compressed together; a frame without one move is made of all other pieces, and of this one as it is.
PIECE_MOVES = 16


class Told:
    """Moves by connection, each an encoded item of a `presence` frame, and who is gone."""

    def __init__(self, prefix: bytes, moved: Mapping[str, bytes], gone: Mapping[str, None]) -> None:
        self._prefix = prefix
        self._moved = moved
        self.gone = gone
        self.shared = SharedFrame(_payload(prefix, moved, gone))

    def to(self, connection: str) -> Prepared | None:
        """The frame for a member; None when there is nothing but its own."""
        if connection in self.gone:
            gone = {name: None for name in self.gone if name != connection}
            moved = {name: move for name, move in self._moved.items() if name != connection}
            return SharedFrame(_payload(self._prefix, moved, gone), pack=False) if moved or gone else None
        if connection not in self._moved:
            return self.shared
        return _Without(self, connection) if len(self._moved) > 1 or self.gone else None

    def plain_without(self, connection: str) -> bytes:
        """The payload without one move; two copies of memory, however many moves there are."""
        body, (begin, end) = self._body, self._places[connection]
        rest = body[: begin - 1] + body[end:] if begin else body[end + 1 :]
        return self._prefix + rest + self._tail

    def packed_without(self, connection: str) -> bytes | None:
        """The compressed message without one move; None when compressing is not worth it."""
        if len(self._body) < PACKED_FROM or len(self._moved) < 2:
            return None
        mine = self._piece_of[connection]
        rest = b",".join(self._moved[name] for name in self._names[mine] if name != connection)
        others = (packed for number, packed in enumerate(self._pieces) if number != mine)
        # The receiver adds the rest of an empty block to every message: its first byte is ours.
        return b"".join((stored(self._prefix + rest), *others, stored(self._tail), b"\x00"))

    @cached_property
    def _body(self) -> bytes:
        return b",".join(self._moved.values())

    @cached_property
    def _tail(self) -> bytes:
        return _tail(self.gone)

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        places, at = {}, 0
        for name, move in self._moved.items():
            places[name] = at, at + len(move)
            at += len(move) + 1
        return places

    @cached_property
    def _names(self) -> list[list[str]]:
        names = list(self._moved)
        pieces = [names[start : start + PIECE_MOVES] for start in range(0, len(names), PIECE_MOVES)]
        if len(pieces) > 1 and len(pieces[-1]) == 1:
            # A piece must leave something when a move is taken out of it: the comma of the next stands behind that.
            last = pieces.pop()
            pieces[-1] += last
        return pieces

    @cached_property
    def _piece_of(self) -> dict[str, int]:
        return {name: number for number, names in enumerate(self._names) for name in names}

    @cached_property
    def _pieces(self) -> list[bytes]:
        return [piece(b"," + b",".join(self._moved[name] for name in names)) for names in self._names]


class _Without:
    """A frame for one member, built from what all share."""

    __slots__ = ("_connection", "_told")

    def __init__(self, told: Told, connection: str) -> None:
        self._told = told
        self._connection = connection

    @property
    def payload(self) -> bytes:
        """What it says."""
        return self._told.plain_without(self._connection)

    @property
    def plain(self) -> bytes:
        """For every socket."""
        return encode_text(self.payload)

    @property
    def packed(self) -> bytes:
        """For sockets that negotiated permessage-deflate."""
        packed = self._told.packed_without(self._connection)
        return self.plain if packed is None else encode_text(packed, FINAL_TEXT | PACKED)


def _payload(prefix: bytes, moved: Mapping[str, bytes], gone: Mapping[str, None]) -> bytes:
    return prefix + b",".join(moved.values()) + _tail(gone)


def _tail(gone: Mapping[str, None]) -> bytes:
    return b'],"gone":' + orjson.dumps(list(gone)) + b"}"
