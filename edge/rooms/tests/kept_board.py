"""A board whose ops the test puts into the store and into the room, and an end of the log that it chooses."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from consumers.board_store.handler import Place
from consumers.board_store.store import BoardStore
from schemas.ids import new_id
from topics.bus.publish import partition_for
from topics.errors import Unavailable
from topics.rooms import keys

PARTITIONS = 12


@dataclass
class End:
    """Where the log ends; None: Kafka is away."""

    place: tuple[int, int] | None = (0, 0)
    asked: int = 0

    async def of(self, topic: str, partition: int) -> tuple[int, int]:
        self.asked += 1
        if self.place is None:
            raise Unavailable("Kafka is away")
        return self.place


class Board:
    """A board whose ops the test puts into the store and into the room, when it likes."""

    def __init__(self, generation: str, store: BoardStore) -> None:
        self.id = new_id()
        self.room = f"board:{self.id}"
        self.generation = generation
        self.partition = partition_for(self.id.encode(), PARTITIONS)
        self._store = store

    async def keep(self, offset: int, *elements: dict[str, Any], generation: str | None = None) -> None:
        generation = generation or self.generation
        record = {"ops": [{"data": {"board_id": self.id, "elements": list(elements)}}]} if elements else {"ops": []}
        place = Place(generation, self.partition, offset + 1)
        ends = {("boards.ops", self.partition): (generation, offset + 1)}
        await self._store.write([(place, self.id, record)], ends)

    async def show(self, redis: Redis, mark: int | None, seq: int = 1) -> None:
        """The room has shown `seq` events and everything before offset `mark`."""
        run = (await redis.info("server"))["run_id"]
        values: dict[str, str | int] = {"e": "e1", "s": seq, "run": run}
        if mark is not None:
            values["o"] = f"{self.generation}:{self.partition}:{mark}"
        await redis.hset(keys.state(self.room), mapping=values)


def element(id_: str, version: int = 1, index: str = "a0", **fields: Any) -> dict[str, Any]:
    base = {"id": id_, "type": "text", "version": version, "versionNonce": 0, "isDeleted": False, "index": index}
    return base | fields
