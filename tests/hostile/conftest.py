"""The product, called by nobody yet."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.edge.client import Api, connections
from tests.product import Product


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections of people who are tokens."""
    async with connections(60) as session:
        yield session


@pytest.fixture(scope="session")
def api(product: Product, http: aiohttp.ClientSession) -> Api:
    """The product's first edge."""
    return Api(product.base_url, http)
