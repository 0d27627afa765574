"""Rights whose shelf, proof and clock a test holds."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge.auth.tests.bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    running = [
        asyncio.create_task(made.rights.run()),
        asyncio.create_task(made.rights.freshness.run(made.proof)),
    ]
    await made.rights.ensure_fresh()
    yield made
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
