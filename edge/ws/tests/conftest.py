"""The house of this folder's tests; what it is stands in house.py."""

from collections.abc import AsyncIterator

import pytest

from edge.ws.tests.house import Edge, House, open_house


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture(scope="session")
async def edge(house: House) -> Edge:
    """The shared edge."""
    return await house.front()
