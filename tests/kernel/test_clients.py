"""Clients of Kafka that are given up while they connect."""

import asyncio
import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from topics.bus.clients import reader
from topics.runtime.settings import Settings

pytestmark = pytest.mark.integration

STEPS = 60


async def read(settings: Settings, connected: asyncio.Event) -> None:
    async with reader(settings, "test"):
        connected.set()


async def test_a_reader_that_is_cancelled_while_it_connects_leaves_no_connection(own_settings: Settings) -> None:
    """At every turn of the loop on its way, which is where a cancellation arrives."""
    with nothing_left():
        for turns in range(STEPS):
            reading = asyncio.create_task(read(own_settings, asyncio.Event()))
            for _ in range(turns):
                await asyncio.sleep(0 if turns % 2 else 0.0005)
            await given_up(reading)


async def test_a_reader_that_is_cancelled_while_it_closes_leaves_no_connection(own_settings: Settings) -> None:
    with nothing_left():
        for turns in range(STEPS):
            connected = asyncio.Event()
            reading = asyncio.create_task(read(own_settings, connected))
            await connected.wait()
            for _ in range(turns):
                await asyncio.sleep(0)
            await given_up(reading)


async def given_up(reading: asyncio.Task[None]) -> None:
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


@contextmanager
def nothing_left() -> Iterator[None]:
    """Nothing that was opened inside is found to be open when nobody has it any more."""
    gc.collect()  # what other tests left is told as theirs
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(each.message) for each in left] == []
