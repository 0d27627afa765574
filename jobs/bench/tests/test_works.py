"""Every work in miniature against the whole product: its counts, never its times."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobs.bench.bench import Bench
from jobs.bench.clients import Clients
from jobs.bench.deployment import elsewhere
from jobs.bench.works import ladder, presence, room, rooms, viewers
from tests.product import Product

pytestmark = pytest.mark.integration


@pytest.fixture
async def bench(product: Product) -> AsyncIterator[Bench]:
    clients = Clients(2)
    await clients.start()
    try:
        yield Bench(elsewhere(product.base_url), clients, seconds=1, warmup=0.2)
    finally:
        await clients.stop()


async def test_what_is_drawn_in_a_room_is_seen_once_by_everybody(bench: Bench) -> None:
    run = await room.measure(bench, room.Size(members=6, editors=3, rate=10))

    assert run.problems() == []
    assert (run.sent, run.acked, run.delivered, run.expected) == (36, 36, 216, 216)
    assert (len(run.ack), len(run.seen)) == (30, 180)


async def test_many_rooms(bench: Bench) -> None:
    run = await rooms.measure(bench, rooms.Size(rooms=4, members=3, editors=1, rate=10))

    assert run.problems() == []
    assert (run.sent, run.delivered) == (48, 144)


async def test_viewers(bench: Bench) -> None:
    run = await viewers.measure(bench, viewers.Size(viewers=20, rate=10))

    assert run.problems() == []
    assert (run.sent, run.delivered) == (12, 252)


async def test_the_ladder_tells_all_its_steps(bench: Bench) -> None:
    run = await ladder.measure(bench, ladder.Size(members=4, steps=(40, 80), seconds=1, warmup=0))

    assert run.problems() == []
    steps: list[dict[str, Any]] = run.figures["steps"]
    assert steps[0]["ops_per_second"] == 40
    assert len(run.lag) > 0


async def test_presence_is_counted_against_what_was_asked(bench: Bench) -> None:
    run = await presence.measure(bench, presence.Size(members=4, rate=5, editors=2, draw_rate=5))

    assert run.problems() == []
    assert run.figures["asked"] == 24 * 3
    assert 0 < run.figures["moves_delivered"] <= 72
    assert run.delivered == run.sent * 4
