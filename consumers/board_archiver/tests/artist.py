"""Somebody who draws straight into the log, for tests of the archiver at work."""

import asyncio
import random
from collections.abc import Mapping

import orjson

from consumers.board_archiver.tests.records import op
from schemas.boards.append import APPEND, DRAW, Op
from schemas.boards.tests.strokes import append, stroke
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from topics.bus.publish import Publisher

TOPIC = "boards.ops"


def envelope(board_id: str) -> Envelope:
    """Of a record of a board."""
    id_ = new_id()
    return Envelope(
        id=id_,
        type="boards.ops_record",
        source="test",
        time="2026-05-04T10:11:12.345Z",
        subject=board_id,
        dataschema="boards.ops_record/1",
        correlationid=id_,
    )


class Artist:
    """Draws strokes that grow, so that an op that is missing, doubled or out of order leads to another state."""

    def __init__(self, chance: random.Random, *, pace_seconds: float = 0.002) -> None:
        self.log: dict[str, list[Op]] = {new_id(): [] for _ in range(3)}
        self.enough = asyncio.Event()
        self._chance = chance
        self._pace_seconds = pace_seconds
        self._ops = 0
        self._ends: dict[int, int] = {}

    @property
    def drawn(self) -> int:
        """How many ops there are of all boards."""
        return sum(map(len, self.log.values()))

    def changes(self, board_id: str) -> list[Op]:
        """What was drawn on a board, as the log holds it."""
        return [(type_, {"board_id": board_id, **data}) for type_, data in self.log[board_id]]

    async def draw(self, publisher: Publisher) -> None:
        """Draw until it is enough."""
        while not self.enough.is_set():
            await self._stroke(publisher)
            await asyncio.sleep(self._pace_seconds)

    async def some(self, publisher: Publisher, records: int) -> Mapping[int, int]:
        """Draw so many records; by partition, where the log ends with all that was drawn."""
        for _ in range(records):
            await self._stroke(publisher)
        return dict(self._ends)

    async def _stroke(self, publisher: Publisher) -> None:
        board = self._chance.choice(list(self.log))
        version = len(self.log[board])
        whole: Op = (DRAW, {"elements": [stroke("a", version, 0)]})
        grown: Op = (APPEND, append("a", (version - 1, 0), version, 0))
        drawn = [whole if not version % 7 else grown]
        ops = [op(board, change, self._ops + n) for n, change in enumerate(drawn)]
        self._ops += len(drawn)
        self.log[board] += drawn
        value = orjson.dumps({"ops": ops})
        placed = await (await publisher.send(TOPIC, board.encode(), value, to_headers(envelope(board))))
        self._ends[placed.partition] = placed.offset + 1
