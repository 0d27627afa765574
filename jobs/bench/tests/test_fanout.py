"""A small run against the whole product."""

import aiohttp
import pytest

from jobs.bench.fanout import Load, run
from jobs.bench.report import problems
from tests.product import Product


@pytest.mark.integration
async def test_everything_that_is_drawn_is_seen_once_by_everybody(product: Product) -> None:
    result = await run(product.base_url, Load(members=6, editors=3, rate=10, seconds=1, warmup=0.2))

    assert problems(result) == []
    assert (result.sent, result.acked, result.delivered) == (36, 36, 216)
    assert len(result.ack_ms) == 30


async def test_an_edge_that_is_not_there_is_an_error() -> None:
    with pytest.raises(aiohttp.ClientConnectionError):
        await run("http://127.0.0.1:1", Load(members=1, editors=1, rate=1, seconds=1, warmup=0))
