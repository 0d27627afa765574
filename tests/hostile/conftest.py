"""The product, called by nobody yet."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.edge.client import Api
from tests.product import Product


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections without cookies: a person here is a token."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout) as session:
        yield session


@pytest.fixture(scope="session")
def api(product: Product, http: aiohttp.ClientSession) -> Api:
    """The product's first edge."""
    return Api(product.base_url, http)
