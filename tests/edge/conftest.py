"""People and servers for the tests of the public contract."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from tests.edge.client import Api, Person, connections, register
from tests.product import Product

Registers = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections of people who are tokens."""
    async with connections(30) as session:
        yield session


@pytest.fixture(scope="session")
def api(product: Product, http: aiohttp.ClientSession) -> Api:
    """The product's first edge, called by nobody."""
    return Api(product.base_url, http)


@pytest.fixture(scope="session")
async def ada(api: Api) -> Person:
    """Somebody who owns things."""
    return await register(api, "Ada")


@pytest.fixture(scope="session")
async def grace(api: Api) -> Person:
    """Somebody who is given roles."""
    return await register(api, "Grace")


@pytest.fixture(scope="session")
async def stranger(api: Api) -> Person:
    """Somebody who is given nothing."""
    return await register(api, "Stranger")


@pytest.fixture(autouse=True)
async def _only_the_first_edge_stays(product: Product) -> AsyncIterator[None]:
    async with product.without_more_edges():
        yield
