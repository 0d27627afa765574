"""What a board was: the seam to whoever keeps its history."""

from collections.abc import Sequence
from typing import Any, Protocol

from topics.bus.message import Position

Json = dict[str, Any]


class Past(Protocol):
    """Reads earlier states of boards."""

    async def state_at(self, board_id: str, position: Position) -> Sequence[Json]:
        """The elements at a position, that op included; tombstones may be among them.

        Raises `ApiError`: `gone`, it is past retention; `unavailable`, it cannot be read now.
        """
        ...

    async def resolve(self, board_id: str, text: str) -> Position:
        """The position that a client names by its token or by a time. Raises `ApiError` `schema_invalid`."""
        ...


def written(position: Position) -> Json:
    """A position as it stands in messages."""
    return {
        "log": position.generation,
        "partition": position.partition,
        "offset": position.offset,
        "index": position.index,
    }


def read(written_position: Json) -> Position:
    """The position in a message."""
    return Position(*(written_position[name] for name in ("log", "partition", "offset", "index")))
