"""A Valkey of our own, which is flushed and killed here; and boards in a store of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from consumers.board_store.store import BoardStore
from consumers.room_fanout.store import RoomStore, Window
from edge.rooms.snapshot import Snapshots
from edge.rooms.tests.kept_board import PARTITIONS, Board, End
from edge.rooms.tests.stage import CURSORS, LIMIT_SECONDS, Edges, Log
from edge.rooms.wiring import rooms_redis
from schemas.ids import new_id
from topics.bus.generations import Generation
from topics.runtime.connections import postgres_pool
from topics.runtime.settings import Settings


@pytest.fixture(scope="session")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(Path(tmp_path_factory.mktemp("valkey")), parts=("valkey",))
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
def valkey_settings(valkey: Stack) -> Settings:
    return Settings(redis_url=valkey.environment()["DOSKA_REDIS_URL"])


@pytest.fixture
async def redis(valkey_settings: Settings) -> AsyncIterator[Redis]:
    client = rooms_redis(valkey_settings)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def log(redis: Redis) -> Log:
    return Log(RoomStore(redis, Window(keep_events=1000, keep_ms=300_000)))


@pytest.fixture
async def edges(valkey_settings: Settings, log: Log) -> AsyncIterator[Edges]:
    edges = Edges(valkey_settings, log)
    yield edges
    await edges.stop_all()


@pytest.fixture
def room() -> str:
    return f"board:{new_id()}"


@pytest.fixture
def generation() -> str:
    return new_id()


@pytest.fixture
async def writer(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_board_store")
    await pool.execute("delete from board_store.checkpoints")
    yield pool
    await pool.close()


@pytest.fixture
async def pool(separate_tables: Settings) -> AsyncIterator[asyncpg.Pool]:
    pool = await postgres_pool(separate_tables, "doska_edge")
    yield pool
    await pool.close()


@pytest.fixture
async def board(writer: asyncpg.Pool, generation: str) -> Board:
    return Board(generation, BoardStore(writer))


@pytest.fixture
def end() -> End:
    return End()


@pytest.fixture
def snapshots(pool: asyncpg.Pool, redis: Redis, generation: str, end: End) -> Snapshots:
    return Snapshots(pool, redis, CURSORS, Generation(generation, PARTITIONS), end, wait_seconds=LIMIT_SECONDS)
