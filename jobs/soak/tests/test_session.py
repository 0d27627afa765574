"""A short soak of the whole product: everybody comes, nothing is lost, and what was seen is kept and drawn."""

import os
from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import pytest

from jobs.soak import session
from jobs.soak.graph import drawn, panels
from jobs.soak.samples import read

pytestmark = [pytest.mark.integration, pytest.mark.timeout(550)]
OURS = {"edge", "consumers", "background", "room_fanout", "board_activity"}


@pytest.fixture
async def environment() -> AsyncIterator[None]:
    """The run says where its parts are in the environment; others have theirs."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("environment")
async def test_a_short_soak_loses_nothing_and_keeps_what_it_saw() -> None:
    lines: list[str] = []

    outcome = await session.run(
        session.Plan(10, boards=1, editors=3, rate=5, strangers=3, every_seconds=1), lambda _text: None, lines.append
    )

    assert (outcome.verdict.lost, outcome.verdict.doubled, outcome.verdict.disagreeing) == ([], [], [])
    assert outcome.verdict.acked > 10
    assert outcome.verdict.accepted > 0
    samples = read(lines)
    assert samples == outcome.samples
    assert samples
    assert all(set(each.held) >= OURS | {"kafka", "postgres", "valkey", "soak"} for each in samples)
    assert all(held.memory > 0 and held.files > 0 for each in samples for held in each.held.values())
    assert {held.pid for each in samples for name, held in each.held.items() if name == "edge"} == {
        samples[0].held["edge"].pid
    }
    assert samples[-1].lag.keys() >= {"board_store", "room_fanout"}
    assert samples[-1].disk["kafka"] > 0
    ET.fromstring(drawn(panels(samples), "short"))
