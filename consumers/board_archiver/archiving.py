"""Objects first, then the index with the checkpoint, then snapshots that are due."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from consumers.board_archiver.handler import Bundle, Record, boards_of, bundles, is_due
from consumers.board_archiver.objects import put_once
from consumers.board_archiver.store import ArchiveIndex, Gap, Growth
from schemas.boards.append import fold_ops
from schemas.boards.archive import ArchivedOp, Snapshot, pack, snapshot, snapshot_key
from schemas.boards.merge import Element
from topics.archive.reader import ArchiveDamaged, ArchiveReader, State
from topics.errors import Retry
from topics.runtime.object_store import ObjectStore, ObjectStoreError

log = structlog.get_logger(__name__)

AT_ONCE: Final = 8

# The first offset that the log of a topic's partition still has.
Beginning = Callable[[str, int], Awaitable[int]]


class Archiving:
    """What the consumer does with a poll.

    Args:
        rows: the index.
        reader: reads back what lies in S3, for snapshots.
        store: S3.
        beginning: asks the log where a partition begins.
        topic: the log.
        snapshot_ops: after so many ops a snapshot is due in any case.
    """

    def __init__(
        self,
        rows: ArchiveIndex,
        reader: ArchiveReader,
        store: ObjectStore,
        beginning: Beginning,
        *,
        topic: str,
        snapshot_ops: int,
    ) -> None:
        self._rows = rows
        self._reader = reader
        self._store = store
        self._beginning = beginning
        self._topic = topic
        self._snapshot_ops = snapshot_ops
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def write(self, records: Sequence[Record], ends: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        """Archive records, in log order, and move the checkpoints to `ends`.

        Whoever dies in here leaves an object that the index does not name, and the next one archives the same ops
        again from the checkpoint: the same object, or others that are named. Two owners number the same ops alike,
        and only one of them moves the checkpoint.

        Raises:
            Reject: a record is wrong; nothing was written.
            CheckpointMoved: another owner archived this.
            Retry: S3 or PostgreSQL is away.
        """
        held, numbers = await self._rows.standing(boards_of(records))
        fresh = [each for each in records if each[0].offset >= held.get((self._topic, each[0].partition), 0)]
        boards = boards_of(fresh)
        found = await asyncio.to_thread(bundles, fresh, numbers)
        gaps = await self._gaps(fresh, held)
        await self._put_all(found)
        await self._rows.add(found, gaps, held, ends)
        for growth in await self._rows.growths(boards):
            if is_due(growth.since, growth.snapshot_bytes, self._snapshot_ops):
                await self._snapshots(growth)

    async def _put_all(self, bundles: Sequence[Bundle]) -> None:
        # Each is waited for, also after one has failed: nothing may still be on its way when they are tried again.
        outcomes = await asyncio.gather(*map(self._put, bundles), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _put(self, bundle: Bundle) -> None:
        await self._write(bundle.key, bundle.body)

    async def _write(self, key: str, body: bytes) -> None:
        async with self._turns:
            try:
                await put_once(self._store, key, body)
            except ObjectStoreError as error:
                raise Retry(f"the archive cannot be written: {error.detail}") from error

    async def _gaps(self, fresh: Sequence[Record], held: Mapping[tuple[str, int], int]) -> list[Gap]:
        """What lies between where we stand and what the log still has."""
        firsts: dict[int, Record] = {}
        for each in fresh:
            firsts.setdefault(each[0].partition, each)
        gaps = []
        for partition, (place, _, _) in firsts.items():
            stood = held.get((self._topic, partition), 0)
            if place.offset > stood:
                beginning = await self._beginning(self._topic, partition)
                if beginning > stood:
                    gaps.append(Gap(self._topic, partition, place.generation, stood, beginning))
        return gaps

    async def _snapshots(self, growth: Growth) -> None:
        """Write the snapshots of a board that are due since its last one."""
        base = State(0, {})
        try:
            if growth.snapshot_seq:
                base = await self._reader.state(growth.board_id, growth.snapshot_seq)
            ops = await self._reader.ops(growth.board_id, growth.snapshot_seq, growth.seq)
        except ObjectStoreError as error:
            raise Retry(f"the archive cannot be read: {error.detail}") from error
        except ArchiveDamaged as error:
            # The ops are safe, and a state costs more until a person has repaired it.
            log.warning(
                "no snapshot: the archive is damaged", board_id=error.board_id, key=error.key, reason=error.detail
            )
            return
        for found, raw in await asyncio.to_thread(due, growth.board_id, base.elements, ops, self._snapshot_ops):
            key, packed = snapshot_key(found), await asyncio.to_thread(pack, raw)
            await self._write(key, packed)
            await self._rows.add_snapshot(found, key, len(packed), len(raw))


def due(
    board_id: str, elements: Mapping[str, Element], ops: Sequence[ArchivedOp], most_ops: int
) -> list[tuple[Snapshot, bytes]]:
    """The snapshots that ops after a state call for, the last one after the last op."""
    found = []
    for at in range(0, len(ops), most_ops):
        part = ops[at : at + most_ops]
        elements = fold_ops([(op.type, op.data) for op in part], elements)
        found.append(snapshot(board_id, part[-1], elements))
    return found
