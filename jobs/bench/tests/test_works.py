"""Every work in miniature against the whole product: its counts, never its times."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobs.bench.bench import Bench
from jobs.bench.clients import Clients
from jobs.bench.deployment import elsewhere
from jobs.bench.works import day, decided, growth, idle, joins, ladder, past, presence, room, rooms, viewers, writes
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
    # Whether a step was quick enough is no matter of a test.
    steps: list[dict[str, Any]] = run.figures["steps"]
    assert [step["ops_per_second"] for step in steps] == [40, 80]
    assert [step["problems"] for step in steps] == [[], []]


async def test_presence_is_counted_against_what_was_asked(bench: Bench) -> None:
    run = await presence.measure(bench, presence.Size(members=4, rate=5, editors=2, draw_rate=5))

    assert run.problems() == []
    assert run.figures["asked"] == 24 * 3
    assert 0 < run.figures["moves_delivered"] <= 72
    assert run.delivered == run.sent * 4 > 0
    assert set(run.figures["ops_seen_ms_with_presence"]) == set(run.figures["ops_seen_ms_without_presence"])


async def test_idle_sockets_are_alive_in_the_end(bench: Bench) -> None:
    run = await idle.measure(bench, idle.Size(sockets=60))

    assert run.problems() == []
    assert run.delivered == 60


async def test_newcomers_have_the_whole_board_and_all_that_follows(bench: Bench) -> None:
    run = await joins.measure(bench, joins.Size(joins=20, state_bytes=30_000))

    assert run.problems() == []
    assert run.delivered == 20
    assert run.figures["elements"] > 40


async def test_every_decided_action_is_answered_and_done_once(bench: Bench) -> None:
    run = await decided.measure(bench, decided.Size(accounts=4, rate=20))

    assert run.problems() == [], run.figures["refused"]
    assert run.sent == run.acked == 24
    assert {"rest", "socket"} <= set(run.figures)


async def test_the_write_path(bench: Bench) -> None:
    run = await writes.measure(bench, writes.Size(boards=4, ops_per_second=100, times=1))

    assert run.problems() == []
    assert run.acked == 120


async def test_a_mixed_day(bench: Bench) -> None:
    run = await day.measure(bench, day.Size(rooms=2, members=3, editors=1, accounts=4, visit_rate=5, action_rate=10))

    assert run.problems() == []
    assert run.delivered == run.expected > 0
    assert run.figures["visits"] > 0


async def test_the_past_is_asked_for_while_it_becomes_longer(bench: Bench) -> None:
    run = await past.measure(bench, past.Size(ops=20, elements=3, asked=5))

    assert run.problems() == []
    assert (run.sent, run.delivered) == (20, 10)


async def test_growth_has_every_point_of_every_axis(bench: Bench) -> None:
    size = growth.Size(viewers=(2, 4), boards=(1, 2), ops=(20, 40), board_bytes=(2_000, 4_000), editors=2, joins=3)

    run = await growth.measure(bench, size)

    assert run.problems() == []
    assert [len(run.figures[axis]["points"]) for axis in run.load["axes"]] == [2, 2, 2, 2]
