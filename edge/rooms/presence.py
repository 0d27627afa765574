"""Who is in a room as this edge knows it, and what is still to be told to its members."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from edge.rooms.frames import SharedFrame
from edge.rooms.member import Person
from edge.rooms.told import Told

TICK_SECONDS = 0.05


class Presence:
    """The connections of one room: their last moves, and the changes since the last `take`."""

    def __init__(self, room: str) -> None:
        self._prefix = b'{"kind":"presence","room":' + orjson.dumps(room) + b',"moves":['
        self._known: dict[str, dict[str, Any]] = {}
        self._people: dict[str, bytes] = {}
        self._last: dict[str, bytes] = {}
        self._moved: dict[str, bytes] = {}
        self._gone: dict[str, None] = {}
        self._touched: set[str] = set()

    def begin(self, known: Mapping[str, dict[str, Any]]) -> None:
        """Start from what Redis holds; changes applied before are newer and stay."""
        for connection, move in known.items():
            if connection not in self._touched:
                self._known[connection] = move
                self._people[connection] = person_of(move)

    def apply(self, moves: Iterable[dict[str, Any]], gone: Iterable[str]) -> None:
        """Take in what the fan-out published."""
        for move in moves:
            connection = move["connection"]
            self._last.pop(connection, None)
            told = {"connection": connection, "user_id": move["user_id"], "data": move["data"]}
            if connection not in self._known or not move["data"]:
                told |= {"name": move.get("name", ""), "color": move.get("color", "")}
            if connection not in self._known:
                self._people[connection] = person_of(move)
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
            self._people.pop(connection, None)
            self._last.pop(connection, None)
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

    def take(self) -> Told:
        """What is to be told now; nobody is told about himself."""
        told = Told(self._prefix, self._moved, self._gone)
        self._moved, self._gone = {}, {}
        return told

    def everything(self, connection: str, gone: Iterable[str]) -> SharedFrame:
        """All that a member has to know that was told nothing for a while."""
        moves = {
            name: orjson.dumps(
                {
                    "connection": name,
                    "user_id": move["user_id"],
                    "name": move.get("name", ""),
                    "color": move.get("color", ""),
                    "data": move["data"],
                }
            )
            for name, move in self._known.items()
            if name != connection
        }
        left = dict.fromkeys(name for name in gone if name != connection and name not in self._known)
        return Told(self._prefix, moves, left).shared

    @property
    def people(self) -> dict[str, bytes]:
        """Everybody who is here, as `joined` tells them: encoded once, not for each join."""
        return self._people

    def last_moves(self, connection: str) -> bytes:
        """The `presence` frame with the last moves of everybody but one connection who has moved."""
        for name in self._known.keys() - self._last.keys():
            move = self._known[name]
            self._last[name] = orjson.dumps({"connection": name, "user_id": move["user_id"], "data": move["data"]})
        moves = (self._last[name] for name, move in self._known.items() if name != connection and move["data"])
        return self._prefix + b",".join(moves) + b'],"gone":[]}'

    def connections_of(self, edge: str) -> set[str]:
        """The connections that are on an edge, as far as this room knows."""
        return {name for name, move in self._known.items() if move.get("edge") == edge}

    def edges(self) -> set[str]:
        """The edges that have members here."""
        return {move["edge"] for move in self._known.values()}


def person_of(move: Mapping[str, Any]) -> bytes:
    """A member as `joined` tells it."""
    return orjson.dumps(Person(move["connection"], move["user_id"], move.get("name", ""), move.get("color", "")))
