"""Where the log of a board ends now: everything that was acknowledged before stands before it."""

from typing import Protocol

from edge.errors import ApiError
from edge.lanes.ops import TOPIC
from edge.rooms.snapshot import PartitionEnds, Snapshots
from topics.bus.generations import Generation
from topics.bus.message import LAST_INDEX, Position
from topics.bus.publish import partition_for
from topics.errors import Unavailable


class Now(Protocol):
    """Says where a board is."""

    async def of(self, board_id: str) -> Position:
        """The position that contains every op acknowledged so far, once the store contains it. Raises `ApiError`."""
        ...


class BoardEnds:
    """Asks the log, and waits for the store."""

    def __init__(self, ends: PartitionEnds, snapshots: Snapshots, generation: Generation) -> None:
        self._ends = ends
        self._snapshots = snapshots
        self._generation = generation

    async def of(self, board_id: str) -> Position:
        """See `Now`."""
        partition = partition_for(board_id.encode(), self._generation.partitions)
        try:
            _, end = await self._ends.of(TOPIC, partition)
        except Unavailable as error:
            raise ApiError("unavailable", "The log cannot be reached now.") from error
        position = Position(self._generation.generation, partition, end - 1, LAST_INDEX)
        await self._snapshots.contains(board_id, position)
        return position
