"""The archiver as a process on the real log: killed under load, every op is archived once and every state is right."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest

from consumers.board_archiver.tests.artist import Artist
from consumers.board_archiver.verification import Verification
from schemas.boards.append import fold_ops
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

WAIT_SECONDS = 90


@pytest.fixture
async def shared_pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """The tables that the process writes."""
    pool = await postgres_pool(settings, "doska_board_archiver")
    yield pool
    await pool.close()


async def start(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "board_archiver"),
        env={**os.environ, **environment, "DOSKA_REPLICA": "kill", "DOSKA_ARCHIVE_LINGER_SECONDS": "0.1"},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def archived(pool: asyncpg.Pool, boards: list[str]) -> int:
    """How many ops of the boards are archived."""
    found: int = await pool.fetchval(
        "select coalesce(sum(seq), 0)::bigint from board_archiver.boards where board_id = any($1::uuid[])", boards
    )
    return found


async def until_more(pool: asyncpg.Pool, boards: list[str], than: int) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while await archived(pool, boards) <= than:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.01)


async def test_killed_under_load_every_op_is_archived_once_in_its_place(
    prepared_environment: dict[str, str], settings: Settings, shared_pool: asyncpg.Pool, store: ObjectStore
) -> None:
    chance = random.Random(3)
    artist = Artist(chance)
    boards = list(artist.log)

    async with Publisher(settings, "test") as publisher, asyncio.TaskGroup() as group:
        group.create_task(artist.draw(publisher))
        for _ in range(3):
            before = await archived(shared_pool, boards)
            process = await start(prepared_environment)
            await until_more(shared_pool, boards, before)
            await asyncio.sleep(chance.uniform(0, 0.4))
            process.kill()
            await process.wait()
        artist.enough.set()
    process = await start(prepared_environment)
    try:
        await until_more(shared_pool, boards, artist.drawn - 1)
    finally:
        process.terminate()
        # A product of the same session may have done the work before this member was up.
        assert await process.wait() in (0, -signal.SIGTERM)

    reader = ArchiveReader(shared_pool, store)
    for board in boards:
        drawn = artist.changes(board)
        assert await index.last_seq(shared_pool, board) == len(drawn)
        ops = await reader.ops(board, 0, len(drawn))
        assert [(each.type, each.data) for each in ops] == drawn
        for seq in {0, 1, len(drawn) // 2, len(drawn)}:
            assert (await reader.state(board, seq)).elements == fold_ops(drawn[:seq])
        assert [each async for each in Verification(shared_pool, reader, store).faults(board)] == []
