"""A Valkey of our own: it is flushed and killed here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from consumers.room_fanout.store import RoomStore, Window
from edge.rooms.tests.stage import Edges, Log
from edge.rooms.wiring import rooms_redis
from schemas.ids import new_id
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
