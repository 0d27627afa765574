"""The past for those who restore and branch: elements by position."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from edge.archive.past import Pasts
from edge.errors import at
from edge.http.times import time
from edge.rooms.cursor import CursorInvalid, Cursors
from topics.bus.message import LAST_INDEX, Position

Json = dict[str, Any]


class Kept:
    """See `edge.actions.past.Past`."""

    def __init__(self, pasts: Pasts, cursors: Cursors) -> None:
        self._pasts = pasts
        self._cursors = cursors

    async def state_at(self, board_id: str, position: Position) -> Sequence[Json]:
        """The elements at a position, tombstones included. Raises ApiError."""
        try:
            found = await self._pasts.state_at(board_id, position)
        except CursorInvalid:
            raise _foreign() from None
        return [dict(each) for each in found.elements.values()]

    async def resolve(self, board_id: str, text: str) -> Position:
        """The position that a token or a time means. Raises ApiError."""
        moment = time(text)
        if moment is None:
            try:
                return self._cursors.decode_position(board_id, text)
            except CursorInvalid:
                raise _foreign() from None
        return await self._of(board_id, moment)

    async def _of(self, board_id: str, moment: datetime) -> Position:
        found = await self._pasts.position_at(board_id, moment)
        if found is not None:
            return found
        start = self._pasts.beginning(board_id)
        return Position(start.generation, start.partition, -1, LAST_INDEX)


def _foreign() -> Exception:
    return at("schema_invalid", "/at", "This is no position of this board, and no time like 2026-05-04T10:11:12Z.")
