"""Now and then the archive's small objects are merged, beside the archiver's work and never in its way."""

import asyncio
import random
from typing import Final

import structlog

from consumers.board_archiver.compaction import LEAST_OBJECTS, RETIRED, SETTLED, Compacted, Compaction
from topics.archive.reader import ArchiveReader
from topics.migrations import role_of
from topics.runtime.connections import postgres_pool
from topics.runtime.lifespan import end
from topics.runtime.object_store import ObjectStore
from topics.runtime.patience import Patience
from topics.runtime.settings import Settings

# Whoever stops waits for a call under way.
ONE_ATTEMPT: Final = Patience(attempts=1)

log = structlog.get_logger(__name__)


class Tidying:
    """Compacts at intervals. Whoever comes second while another is at it leaves it to him; what fails waits for the next.

    Args:
        settings: where PostgreSQL and S3 are.
        name: of the archiver.
        every_seconds: the longest from one time to the next; spread, so that many who start at once do not meet.
        settled: younger objects are left alone.
        retired: objects that were merged so long ago are deleted.
        least: shorter runs are left alone.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        *,
        every_seconds: float,
        settled: str = SETTLED,
        retired: str = RETIRED,
        least: int = LEAST_OBJECTS,
    ) -> None:
        self.name = name
        self._settings = settings
        self._every_seconds = every_seconds
        self._settled = settled
        self._retired = retired
        self._least = least

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set; what is being merged then is given up, as after a crash."""
        work = asyncio.create_task(self._again_and_again(), name=f"{self.name}: tidying")
        stop = asyncio.create_task(stopping.wait(), name=f"{self.name}: tidying until stopped")
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(work, stop)

    async def _again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds * random.uniform(0.5, 1.0))
            try:
                done = await self._once()
            except Exception:
                # Archiving goes on whatever became of this: nothing is lost by objects that stay small.
                log.exception("small objects of the archive were not merged")
                continue
            if done is not None:
                for each in done.damaged:
                    log.warning("not merged: the archive is damaged", board_id=each.board_id, key=each.key)
                log.info("archive compacted", merged=done.merged, into=done.into, deleted=done.deleted)

    async def _once(self) -> Compacted | None:
        # A connection and threads of its own: the lock hangs on the one, and the archiver's are not to wait for the other.
        pool = await postgres_pool(self._settings, role_of(self.name), min_size=0, max_size=1, command_timeout=None)
        try:
            async with (
                pool.acquire() as connection,
                ObjectStore(self._settings, threads=2, patience=ONE_ATTEMPT) as store,
            ):
                work = Compaction(connection, ArchiveReader(connection, store), store)
                return await work.run(settled=self._settled, retired=self._retired, least=self._least)
        finally:
            await pool.close()
