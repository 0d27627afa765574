"""A log of two boards, the whole of it archived, and what there is to say of it then."""

import asyncpg

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.handler import Place, Record
from consumers.board_archiver.tests.records import op
from consumers.board_archiver.verification import Fault, Verification
from schemas.boards.append import APPEND, DRAW, Op, fold_ops
from schemas.boards.tests.strokes import append, stroke
from schemas.ids import new_id
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.message import Position
from topics.runtime.object_store import ObjectStore

TOPIC = "boards.ops"


class Log:
    """One partition with two boards that are drawn on by turns; a life of its own, so that its objects are its own."""

    def __init__(self, length: int = 40) -> None:
        self.generation = new_id()
        self.boards = (new_id(), new_id())
        self.changes: dict[str, list[Op]] = {board: [] for board in self.boards}
        self.places: dict[str, list[tuple[int, int]]] = {board: [] for board in self.boards}
        self.records: list[Record] = []
        for offset in range(length):
            self._add(offset)

    def _add(self, offset: int) -> None:
        board = self.boards[offset % 3 % 2]
        version = len(self.changes[board])
        # Appends are what would show an op that is read twice or out of order.
        drawn: list[Op] = [(DRAW, {"elements": [stroke("a", version, 0)]})]
        if offset % 2:
            drawn.append((APPEND, append("a", (version, 0), version + 1, 0)))
        ops = [op(board, change, offset * 10 + n) for n, change in enumerate(drawn)]
        self.changes[board] += [(type_, {"board_id": board, **data}) for type_, data in drawn]
        self.places[board] += [(offset, n) for n in range(len(drawn))]
        self.records.append((Place(self.generation, 0, offset), board, {"ops": ops}))

    def ends(self, following: int) -> dict[tuple[str, int], tuple[str, int]]:
        return {(TOPIC, 0): (self.generation, following)}


async def beginning(_topic: str, _partition: int) -> int:
    return 0


async def archive(archiver: Archiving, log: Log, *, poll: int = 6) -> None:
    """Everything, a poll at a time."""
    for start in range(0, len(log.records), poll):
        await archiver.write(log.records[start : start + poll], log.ends(min(start + poll, len(log.records))))


async def holds_all(pool: asyncpg.Pool, reader: ArchiveReader, log: Log) -> None:
    """Every state of every board is what the log says, by number and by position."""
    for board, changes in log.changes.items():
        assert await index.last_seq(pool, board) == len(changes)
        for seq in range(len(changes) + 1):
            assert (await reader.state(board, seq)).elements == fold_ops(changes[:seq]), seq
        for seq, (offset, at) in enumerate(log.places[board], start=1):
            position = Position(log.generation, 0, offset, at)
            assert await index.seq_at(pool, board, position) == seq
            assert await index.position_of(pool, board, seq) == position


async def faults(pool: asyncpg.Pool, reader: ArchiveReader, store: ObjectStore) -> list[Fault]:
    return [each async for each in Verification(pool, reader, store).faults()]
