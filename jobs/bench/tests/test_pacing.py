"""A steady rate, spread over those who take turns."""

import time

from jobs.bench.load.pacing import pace
from jobs.bench.load.times import Times


async def test_everybody_has_as_many_turns_as_the_rate_says() -> None:
    turns: list[str] = []
    begin = time.monotonic_ns()

    count = await pace(
        [lambda: turns.append("a"), lambda: turns.append("b")], 50, begin, begin + 200_000_000, late := Times()
    )

    assert count == len(late) == 20
    assert turns == ["a", "b"] * 10


async def test_a_schedule_that_was_missed_is_caught_up_and_told() -> None:
    begin = time.monotonic_ns() - 500_000_000

    count = await pace([lambda: None], 100, begin, begin + 500_000_000, late := Times())

    assert count == 50
    assert late.percentile(100) >= 490


async def test_nobody_or_no_rate_is_nothing_to_do() -> None:
    now = time.monotonic_ns()

    assert await pace([], 10, now, now + 10**9, Times()) == 0
    assert await pace([lambda: None], 0, now, now + 10**9, Times()) == 0
