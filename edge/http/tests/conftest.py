"""People and an edge for the tests of routes on the real parts."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from edge.http.tests.documented import DocumentedApi
from tests.edge.client import Api, Person, connections, register
from tests.product import Product


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections of people who are tokens."""
    async with connections(60) as session:
        yield session


@pytest.fixture(scope="session")
def api(product: Product, http: aiohttp.ClientSession) -> Api:
    """The product's first edge, called by nobody."""
    return DocumentedApi(product.base_url, http)


@pytest.fixture(scope="session")
async def ada(api: Api) -> Person:
    """Somebody who owns things."""
    return await register(api, "Ada")


@pytest.fixture(scope="session")
async def grace(api: Api) -> Person:
    """Somebody who is given roles."""
    return await register(api, "Grace")


@pytest.fixture(autouse=True)
async def _only_the_first_edge_stays(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    if "product" not in request.fixturenames:
        yield
        return
    async with request.getfixturevalue("product").without_more_edges():
        yield
