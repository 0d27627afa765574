"""Parts and processes of their own: what is killed here is nobody else's."""

from collections.abc import AsyncIterator

import pytest

from compose.embedded.stack import Stack
from tests.product import Product
from tests.stack import prepare


@pytest.fixture(scope="module")
async def parts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Parts that only these tests know."""
    stack = Stack(tmp_path_factory.mktemp("parts"), ports="free")
    await stack.start()
    try:
        yield stack
    finally:
        await stack.stop()


@pytest.fixture(scope="module")
async def world(parts: Stack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """Two edges and the consumers on these parts."""
    environment = await prepare(parts.environment(), tmp_path_factory.mktemp("data"))
    product = Product(environment, tmp_path_factory.mktemp("logs"))
    try:
        await product.start_consumers()
        product.base_url = (await product.edge()).base_url
        await product.edge()
        yield product
    finally:
        await product.stop()
