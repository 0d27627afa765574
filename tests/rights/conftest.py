"""An edge in the test's own process, so that a test can also ask the deciders past it."""

from collections.abc import AsyncIterator

import pytest

from edge.ws.tests.house import Edge, open_house


@pytest.fixture(scope="session")
async def edge(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Edge]:
    """One edge with its parts."""
    async with open_house(tmp_path_factory.mktemp("house")) as house:
        yield await house.front()
