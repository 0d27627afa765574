"""A Kafka for the kernel's tests alone: their junk would halt the consumers of the product."""

import os
from collections.abc import AsyncIterator

import pytest

from compose.embedded.stack import Stack
from tests.kernel.engines import ENGINES, Engine
from tests.kernel.harness import Stage, patient
from tests.stack import settings_from
from topics.bus.admin import apply_topics
from topics.runtime.settings import Settings


@pytest.fixture(scope="session")
async def own_stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Kafka on a free port, and PostgreSQL for the engine that decides.

    Those of the environment where DOSKA_TEST_SPOILABLE says that nobody else needs them; not for tests that kill them.
    """
    given = "DOSKA_KAFKA_BOOTSTRAP" in os.environ and "DOSKA_TEST_SPOILABLE" not in os.environ
    if given or os.environ.get("DOSKA_TEST_STACK") == "docker":
        pytest.skip("the kernel's tests kill the broker, so they take the embedded one")
    stack = Stack(tmp_path_factory.mktemp("kernel"), ports="free", parts=("kafka", "postgres"))
    await stack.start()
    try:
        yield stack
    finally:
        await stack.stop()


@pytest.fixture(scope="session")
async def own_settings(own_stack: Stack) -> Settings:
    """Settings on it, with the topics in place."""
    settings = settings_from(own_stack.environment(), Settings)
    await apply_topics(settings, [])
    return settings


@pytest.fixture
async def stage(own_settings: Settings) -> AsyncIterator[Stage]:
    """A stage with a publisher."""
    async with patient(own_settings) as publisher:
        yield Stage(own_settings, publisher)


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    return ENGINES[request.param]
