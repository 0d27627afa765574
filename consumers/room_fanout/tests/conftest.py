"""A Valkey of our own: it is flushed and killed here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from compose.embedded.stack import Stack
from topics.runtime.connections import redis_client
from topics.runtime.settings import Settings


@pytest.fixture(scope="session")
async def valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(Path(tmp_path_factory.mktemp("valkey")), parts=("valkey",))
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def redis(valkey: Stack) -> AsyncIterator[Redis]:
    client = redis_client(Settings(redis_url=valkey.environment()["DOSKA_REDIS_URL"]))
    await client.flushall()
    yield client
    await client.aclose()
