"""Clients of Kafka that are given up while they connect."""

import asyncio
import gc
import warnings

import pytest

from topics.bus.clients import reader
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

STEPS = 60


async def read(settings: Settings) -> None:
    async with reader(settings, "test"):
        pass


async def test_a_reader_that_is_cancelled_while_it_connects_leaves_no_connection(own_settings: Settings) -> None:
    """At every turn of the loop on its way, which is where a cancellation arrives."""
    gc.collect()  # what other tests left is told as theirs
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        for turns in range(STEPS):
            reading = asyncio.create_task(read(own_settings))
            for _ in range(turns):
                await asyncio.sleep(0 if turns % 2 else 0.0005)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        gc.collect()

    assert [str(each.message) for each in left] == []
