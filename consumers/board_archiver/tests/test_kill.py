"""The archiver as a process on the real log: killed under load, every op is archived once and every state is right."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator

import asyncpg
import orjson
import pytest

from consumers.board_archiver.tests.records import op
from consumers.board_archiver.verification import Verification
from schemas.boards.append import APPEND, DRAW, Op, fold_ops
from schemas.boards.tests.strokes import append, stroke
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from topics.archive import index
from topics.archive.reader import ArchiveReader
from topics.bus.publish import Publisher
from topics.runtime.connections import postgres_pool
from topics.runtime.object_store import ObjectStore
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TOPIC = "boards.ops"
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


def envelope(board_id: str) -> Envelope:
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


class Artist:
    """Draws strokes that grow, so that an op that is missing, doubled or out of order leads to another state."""

    def __init__(self, chance: random.Random) -> None:
        self.log: dict[str, list[Op]] = {new_id(): [] for _ in range(3)}
        self.enough = asyncio.Event()
        self._chance = chance
        self._ops = 0

    async def draw(self, publisher: Publisher) -> None:
        while not self.enough.is_set():
            board = self._chance.choice(list(self.log))
            version = len(self.log[board])
            whole: Op = (DRAW, {"elements": [stroke("a", version, 0)]})
            grown: Op = (APPEND, append("a", (version - 1, 0), version, 0))
            drawn = [whole if not version % 7 else grown]
            ops = [op(board, change, self._ops + n) for n, change in enumerate(drawn)]
            self._ops += len(drawn)
            self.log[board] += drawn
            value = orjson.dumps({"ops": ops})
            await (await publisher.send(TOPIC, board.encode(), value, to_headers(envelope(board))))
            await asyncio.sleep(0.002)


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
        await until_more(shared_pool, boards, sum(map(len, artist.log.values())) - 1)
    finally:
        process.terminate()
        # A product of the same session may have done the work before this member was up.
        assert await process.wait() in (0, -signal.SIGTERM)

    reader = ArchiveReader(shared_pool, store)
    for board, changes in artist.log.items():
        drawn = [(type_, {"board_id": board, **data}) for type_, data in changes]
        assert await index.last_seq(shared_pool, board) == len(changes)
        ops = await reader.ops(board, 0, len(changes))
        assert [(each.type, each.data) for each in ops] == drawn
        for seq in {0, 1, len(changes) // 2, len(changes)}:
            assert (await reader.state(board, seq)).elements == fold_ops(drawn[:seq])
        assert [each async for each in Verification(shared_pool, reader, store).faults(board)] == []
