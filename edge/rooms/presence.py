"""Who is in a room as this edge knows it, and what is still to be told to its members."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from edge.rooms.member import Person

TICK_SECONDS = 0.05


class Presence:
    """The connections of one room: their last moves, and the changes since the last `take`."""

    def __init__(self, room: str) -> None:
        self._prefix = b'{"kind":"presence","room":' + orjson.dumps(room) + b',"moves":['
        self._known: dict[str, dict[str, Any]] = {}
        self._moved: dict[str, bytes] = {}
        self._gone: dict[str, None] = {}
        self._touched: set[str] = set()

    def begin(self, known: Mapping[str, dict[str, Any]]) -> None:
        """Start from what Redis holds; changes applied before are newer and stay."""
        for connection, move in known.items():
            if connection not in self._touched:
                self._known[connection] = move

    def apply(self, moves: Iterable[dict[str, Any]], gone: Iterable[str]) -> None:
        """Take in what the fan-out published."""
        for move in moves:
            connection = move["connection"]
            told = {"connection": connection, "user_id": move["user_id"], "data": move["data"]}
            if connection not in self._known or not move["data"]:
                told |= {"name": move.get("name", ""), "color": move.get("color", "")}
            self._known[connection] = move
            self._touched.add(connection)
            self._gone.pop(connection, None)
            # A name that was not told yet stays with the newer move.
            earlier = self._moved.get(connection)
            if earlier is not None and "name" not in told and b'"name":' in earlier:
                told |= {"name": move.get("name", ""), "color": move.get("color", "")}
            self._moved[connection] = orjson.dumps(told)
        for connection in gone:
            self._touched.add(connection)
            self._moved.pop(connection, None)
            if self._known.pop(connection, None) is not None:
                self._gone[connection] = None

    def begin_comparison(self) -> None:
        """From now on remember what changes: a comparison with Redis must not undo it."""
        self._touched = set()

    def compare(self, known: Mapping[str, dict[str, Any]]) -> None:
        """Repair what a lost message left wrong. `known` was read after `begin_comparison`."""
        missed = [move for name, move in known.items() if name not in self._known and name not in self._touched]
        ghosts = [name for name in self._known if name not in known and name not in self._touched]
        self.apply(missed, ghosts)

    @property
    def waiting(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._moved or self._gone)

    def forget(self) -> None:
        """Nobody is to be told what was waiting."""
        self._moved, self._gone = {}, {}

    def take(self, members: Iterable[str]) -> tuple[bytes, dict[str, bytes | None]]:
        """The frame payload for everybody, and the different one of each member that moved itself (None: nothing).

        Nobody is told about himself.
        """
        moved, gone, self._moved, self._gone = self._moved, self._gone, {}, {}
        own: dict[str, bytes | None] = {}
        for connection in members:
            if connection in moved or connection in gone:
                others = [move for name, move in moved.items() if name != connection]
                left = [name for name in gone if name != connection]
                own[connection] = self._payload(others, left) if others or left else None
        return self._payload(list(moved.values()), list(gone)), own

    def _payload(self, moves: list[bytes], gone: list[str]) -> bytes:
        return self._prefix + b",".join(moves) + b'],"gone":' + orjson.dumps(gone) + b"}"

    def others(self, connection: str) -> tuple[Person, ...]:
        """Everybody but one connection."""
        return tuple(
            Person(name, move["user_id"], move.get("name", ""), move.get("color", ""))
            for name, move in self._known.items()
            if name != connection
        )

    def last_moves(self, connection: str) -> tuple[dict[str, Any], ...]:
        """The last moves of everybody but one connection who has moved."""
        return tuple(
            {"connection": name, "user_id": move["user_id"], "data": move["data"]}
            for name, move in self._known.items()
            if name != connection and move["data"]
        )

    def connections_of(self, edge: str) -> set[str]:
        """The connections that are on an edge, as far as this room knows."""
        return {name for name, move in self._known.items() if move.get("edge") == edge}

    def edges(self) -> set[str]:
        """The edges that have members here."""
        return {move["edge"] for move in self._known.values()}
