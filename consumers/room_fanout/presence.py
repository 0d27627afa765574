"""Who is in a room and where they point, folded over the records of one poll."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Change:
    """The last known move of each connection that moved, and the connections that left."""

    moves: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: dict[str, None] = field(default_factory=dict)


def fold(records: Iterable[tuple[dict[str, Any], int]]) -> dict[str, Change]:
    """By room: what the records of `presence.moved` (data and time in ms), in log order, come to."""
    rooms: dict[str, Change] = {}
    for data, time_ms in records:
        change = rooms.setdefault(data["room"], Change())
        for move in data["moves"]:
            connection = move["connection"]
            change.gone.pop(connection, None)
            change.moves[connection] = move | {"edge": data["edge"], "at": time_ms}
        for connection in data["gone"]:
            change.moves.pop(connection, None)
            change.gone[connection] = None
    return rooms
