"""The archive of boards, looked after."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from consumers.board_archiver.compaction import LEAST_OBJECTS, RETIRED, SETTLED, Compaction
from consumers.board_archiver.repair import Repair
from consumers.board_archiver.verification import Fault, Verification
from consumers.discovery import manifest
from topics.archive.reader import ArchiveReader
from topics.bus.message import Message, Position
from topics.bus.span import span
from topics.migrations import role_of
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

CONSUMER = "board_archiver"


async def verify(settings: Settings, board: str | None, *, repair: bool, reindex: bool) -> bool:
    """Print what is wrong, and mend it where that is wanted; whether all is well in the end."""
    [topic] = manifest(CONSUMER).reads

    def again(start: Position, last: int) -> AsyncIterator[Message]:
        return span(settings, topic, start, last)

    async with _opened(settings) as (connection, store):
        reader = ArchiveReader(connection, store)
        mending = Repair(connection, reader, store, again)
        if reindex:
            segments, snapshots = await mending.index(topic)
            print(f"the index has {segments} segments and {snapshots} snapshots more")
        verification = Verification(connection, reader, store)
        faults = [each async for each in verification.faults(board)]
        bad = 0
        for fault in faults:
            bad += not await _told(mending, fault, repair=repair)
        left = await verification.leftovers() if board is None else []
        for key in left:
            print(f"{key}: is in no index: a crash left it, and nobody reads it")
        counted = f"{verification.boards} boards, {verification.ops} ops, {verification.snapshots} snapshots"
        print(f"{counted}: {'good' if not faults else f'{len(faults)} faults, {len(faults) - bad} of them mended'}")
        return bad == 0


async def _told(mending: Repair, fault: Fault, *, repair: bool) -> bool:
    """Print a fault and what became of it; whether it was mended."""
    if not repair:
        print(fault)
        return False
    outcome = await mending.mend(fault)
    print(f"{fault}: {'mended' if outcome.mended else 'not mended'}: {outcome.detail}")
    return outcome.mended


async def compact(settings: Settings, *, now: bool) -> bool:
    """Merge, delete, and print what was done; whether everything could be read."""
    async with _opened(settings) as (connection, store):
        work = Compaction(connection, ArchiveReader(connection, store), store)
        done = await work.run(
            settled="0" if now else SETTLED, retired="0" if now else RETIRED, least=2 if now else LEAST_OBJECTS
        )
    if done is None:
        print("somebody else is compacting")
        return True
    for each in done.damaged:
        print(f"{each}: not merged: doska boards verify tells more")
    print(f"{done.merged} objects became {done.into}; {done.deleted} were deleted")
    return not done.damaged


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[asyncpg.Connection, ObjectStore]]:
    pool = await postgres_pool(settings, role_of(CONSUMER), min_size=1, max_size=1, command_timeout=None)
    try:
        async with pool.acquire() as connection, ObjectStore(settings) as store:
            yield connection, store
    finally:
        await pool.close()
