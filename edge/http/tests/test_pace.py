"""A body may come slowly while it comes, and may not sit in the way of others."""

import asyncio

import pytest

from edge.errors import ApiError
from edge.http.pace import paced


async def stopped() -> None:
    """A body of which a hundred bytes come and then no more."""
    async with paced(patience_seconds=0.01, bytes_per_second=1e9) as came:
        came(100)
        await asyncio.Event().wait()


async def test_a_body_that_stops_coming_loses_its_place() -> None:
    with pytest.raises(ApiError) as refusal:
        await stopped()

    assert (refusal.value.code, refusal.value.retry_after) == ("unavailable", 2)


async def test_what_came_gives_more_time() -> None:
    async with paced(patience_seconds=0.0, bytes_per_second=1.0) as came:
        came(3600)
        for _ in range(10):
            await asyncio.sleep(0)
