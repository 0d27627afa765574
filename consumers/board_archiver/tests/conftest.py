"""The tables of this consumer, empty, and the rights that its process has."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from consumers.board_archiver.archiving import Archiving
from consumers.board_archiver.store import ArchiveIndex
from consumers.board_archiver.tests.archived import TOPIC, beginning
from topics.archive.reader import ArchiveReader
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

TABLES = ("checkpoints", "gaps", "boards", "objects", "segments", "snapshots")


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_archiver")
    for table in TABLES:
        await pool.execute(f"delete from board_archiver.{table}")
    yield pool
    await pool.close()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[ObjectStore]:
    async with ObjectStore(settings) as store:
        yield store


@pytest.fixture
def reader(pool: asyncpg.Pool, store: ObjectStore) -> ArchiveReader:
    return ArchiveReader(pool, store)


@pytest.fixture
def archiver(pool: asyncpg.Pool, store: ObjectStore, reader: ArchiveReader) -> Archiving:
    return Archiving(ArchiveIndex(pool), reader, store, beginning, topic=TOPIC, snapshot_ops=7)
