"""The store as a process on the real log: killed under load, it still comes to what the log says."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import pytest

from schemas.boards.merge import fold
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from topics.bus.generations import Generation, read_generations
from topics.bus.publish import Publisher, partition_for
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

TOPIC = "boards.ops"
WAIT_SECONDS = 90
# A product of the same session may have done the work before this member was up.
ENDED_WELL = (0, -signal.SIGTERM)


def element(chance: random.Random, n: int) -> dict[str, Any]:
    return {
        "id": f"e{chance.randrange(50)}",
        "type": "rectangle",
        "version": chance.randint(0, 200),
        "versionNonce": chance.randint(0, 3),
        "isDeleted": chance.random() < 0.1,
        "index": "a0",
        "x": n,
    }


def envelope(board_id: str, type_: str = "boards.ops_record") -> Envelope:
    id_ = new_id()
    return Envelope(
        id=id_,
        type=type_,
        source="test",
        time="2026-05-04T10:11:12.345Z",
        subject=board_id,
        dataschema=f"{type_}/1",
        correlationid=id_,
    )


def record(board_id: str, *elements: dict[str, Any]) -> bytes:
    ops = [
        {
            "id": new_id(),
            "actor": new_id(),
            "connection": None,
            "client_id": None,
            "time": "2026-05-04T10:11:12.345Z",
            "data": {"board_id": board_id, "elements": [each]},
        }
        for each in elements
    ]
    return orjson.dumps({"ops": ops})


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(settings, "doska_edge")
    yield pool
    await pool.close()


async def start(environment: dict[str, str], replica: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "jobs", "run", "consumer", "board_store"),
        env={**os.environ, **environment, "DOSKA_REPLICA": replica},
        stdin=asyncio.subprocess.DEVNULL,
    )


async def until_contained(pool: asyncpg.Pool, partition: int, following: int) -> None:
    wanted = "select next from board_store.checkpoints_v1 where topic = $1 and partition = $2"
    async with asyncio.timeout(WAIT_SECONDS):
        while (await pool.fetchval(wanted, TOPIC, partition) or 0) < following:  # noqa: ASYNC110 - a test looks from outside
            await asyncio.sleep(0.05)


async def contained(pool: asyncpg.Pool) -> int:
    """How many records of all partitions are contained."""
    total: int = await pool.fetchval(
        "select coalesce(sum(next), 0) from board_store.checkpoints_v1 where topic = $1", TOPIC
    )
    return total


async def stored(pool: asyncpg.Pool, board_id: str) -> dict[str, Any]:
    rows = await pool.fetch("select id, body from board_store.elements_v1 where board_id = $1", board_id)
    return {row["id"]: orjson.loads(row["body"]) for row in rows}


async def test_killed_under_load_it_holds_what_the_log_says(
    prepared_environment: dict[str, str], settings: Settings, pool: asyncpg.Pool
) -> None:
    chance = random.Random(1)
    boards = [new_id() for _ in range(5)]
    log: dict[str, list[dict[str, Any]]] = {board: [] for board in boards}
    ends: dict[int, int] = {}
    kafka: Generation = (await read_generations(settings))[TOPIC]

    killed = 0

    async def draw(publisher: Publisher) -> None:
        n = 0
        while killed < 3:
            board = chance.choice(boards)
            drawn = [element(chance, n + k) for k in range(3)]
            n += 3
            log[board] += drawn
            sent = await publisher.send(TOPIC, board.encode(), record(board, *drawn), to_headers(envelope(board)))
            placed = await sent
            ends[placed.partition] = placed.offset + 1
            await asyncio.sleep(0.002)

    async def kill() -> None:
        nonlocal killed
        while killed < 3:
            before = await contained(pool)
            process = await start(prepared_environment, "kill")
            async with asyncio.timeout(WAIT_SECONDS):
                while await contained(pool) == before:  # noqa: ASYNC110 - a test looks from outside
                    await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.3))
            process.kill()
            await process.wait()
            killed += 1

    async with Publisher(settings, "test") as publisher, asyncio.TaskGroup() as group:
        group.create_task(draw(publisher))
        group.create_task(kill())
    process = await start(prepared_environment, "kill")
    try:
        for partition, following in ends.items():
            await until_contained(pool, partition, following)
    finally:
        process.terminate()
        assert await process.wait() in ENDED_WELL

    for board in boards:
        assert partition_for(board.encode(), kafka.partitions) in ends
        assert await stored(pool, board) == fold(log[board])


async def test_junk_on_the_topic_is_passed_and_blocks_nothing(
    prepared_environment: dict[str, str], settings: Settings, pool: asyncpg.Pool
) -> None:
    board = new_id()
    good = element(random.Random(2), 0)
    foreign = record(new_id(), good)
    async with Publisher(settings, "test") as publisher:
        for value in (b"not json", record(board, good), b"{}", record(board, good | {"id": "a\u0000b"}), foreign):
            last = await (await publisher.send(TOPIC, board.encode(), value, to_headers(envelope(board))))

    process = await start(prepared_environment, "junk")
    try:
        await until_contained(pool, last.partition, last.offset + 1)
    finally:
        process.terminate()
        assert await process.wait() in ENDED_WELL

    assert await stored(pool, board) == {good["id"]: good}
