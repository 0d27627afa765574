"""A cluster that only these tests know, and the flag for the long ones."""

import os
from collections.abc import AsyncIterator

import pytest

from tests.cluster.world import World, open_world

LONG = pytest.mark.skipif("DOSKA_TEST_CLUSTER" not in os.environ, reason="set DOSKA_TEST_CLUSTER=1: it takes minutes")


@pytest.fixture(scope="package")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Three nodes, two edges, two replicas of the consumers."""
    async with open_world(tmp_path_factory.mktemp("cluster")) as opened:
        yield opened
