"""One short seed against the whole product."""

import os
from collections.abc import AsyncIterator

import pytest

from jobs.chaos import run
from jobs.chaos.people import Load
from jobs.chaos.plan import Plan
from jobs.chaos.table import Verdict, table

pytestmark = [pytest.mark.chaos, pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.fixture
async def environment() -> AsyncIterator[None]:
    """The run says where its parts are in the environment; others have theirs."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("environment")
async def test_a_seed_loses_nothing_and_tells_what_it_broke() -> None:
    verdicts: list[Verdict] = []

    await run.seeds([Plan(11, 4, ("edge", "consumers", "kafka", "postgres"))], Load(boards=2, rate=10), verdicts)

    [verdict] = verdicts
    assert (verdict.lost, verdict.doubled, verdict.disagreeing) == ([], [], [])
    assert verdict.good
    assert verdict.acked > 100
    assert verdict.accepted > 2
    assert {each.fault.target for each in verdict.broken} == {"edge", "consumers", "kafka", "postgres"}
    assert "4 faults with the seeds 11: " in table([verdict])
