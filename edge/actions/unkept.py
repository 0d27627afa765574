"""The past of an edge that has no archive to read."""

from collections.abc import Sequence
from typing import Any, NoReturn

from edge.errors import ApiError
from topics.bus.message import Position

Json = dict[str, Any]


class Unkept:
    """A `Past` that says so."""

    async def state_at(self, _board_id: str, _position: Position) -> Sequence[Json]:
        """See `Past`."""
        self._refuse()

    async def resolve(self, _board_id: str, _text: str) -> Position:
        """See `Past`."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ApiError("unavailable", "Earlier states cannot be read now.")
