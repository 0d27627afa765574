"""A storm of joins against a fake edge: what a newcomer lacks is found."""

import time
from collections.abc import Callable

import pytest

from jobs.bench.load import joining
from jobs.bench.load.faults import Faults
from jobs.bench.load.times import Times
from jobs.bench.tests.fake_edge import FakeEdge, Json, serving
from jobs.rectangle import element

FILLED, NEWCOMERS = 30, 8


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who wait for what never comes."""
    monkeypatch.setattr(joining, "SETTLE_SECONDS", 0.4)


async def stormed(edge: FakeEdge) -> tuple[Faults, int, Json]:
    """Faults, how many came in, and what was told in the end; somebody draws all the while."""
    edge.board = [element() for _ in range(FILLED)]
    act = joining.Act("c0")
    async with serving(edge):
        await act.open(edge.url, "b", "writer")
        came = await act.storm(["t"] * NEWCOMERS, time.monotonic_ns() + 100_000_000, draw_rate=100, draw_seconds=0.3)
        told = await act.finish(came["acked"], FILLED)
    return Faults.read(told["faults"]), came["joined"], told


async def test_newcomers_who_lack_nothing_have_no_faults() -> None:
    faults, came, told = await stormed(FakeEdge())

    assert faults.told() == []
    assert came == NEWCOMERS
    assert [len(Times.read(told[name])) for name in ("greeted", "read", "joined")] == [NEWCOMERS] * 3


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("told", [lambda elements: elements[5:], lambda _: []])
async def test_a_snapshot_that_is_not_whole_is_found(told: Callable[[list[Json]], list[Json]]) -> None:
    edge = FakeEdge()
    edge.told_elements = told

    faults, _, _ = await stormed(edge)

    assert faults.lost >= NEWCOMERS


@pytest.mark.usefixtures("impatient")
async def test_a_snapshot_older_than_its_cursor_is_found() -> None:
    edge = FakeEdge()

    def behind(elements: list[Json]) -> list[Json]:
        *others, drawn = elements
        return [*others, {**drawn, "version": max(1, drawn["version"] - 5)}]

    edge.told_elements = behind
    faults, _, _ = await stormed(edge)

    assert faults.lost > 0


@pytest.mark.usefixtures("impatient")
async def test_a_room_that_goes_on_past_the_cursor_is_found() -> None:
    edge = FakeEdge()
    edge.told_cursor = lambda seq: seq + 5

    faults, _, _ = await stormed(edge)

    assert faults.told() != []


@pytest.mark.usefixtures("impatient")
async def test_somebody_who_could_not_come_in_is_found() -> None:
    edge = FakeEdge()
    edge.told_elements = lambda _: None

    faults, came, _ = await stormed(edge)

    assert came == 0
    assert faults.refused == NEWCOMERS
