"""Sliding minutes: what counts, what waits, what is forgotten."""

import asyncio

import pytest

from edge.errors import ApiError
from edge.limits import Minutes, limits
from edge.settings import EdgeSettings


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_minute_slides() -> None:
    clock = Clock()
    minutes = Minutes(2, clock, "tries")

    minutes.take("a")
    clock.now += 30
    minutes.take("a")
    with pytest.raises(ApiError) as refused:
        minutes.take("a")
    clock.now += 30
    minutes.take("a")

    assert (refused.value.code, refused.value.retry_after) == ("rate_limited", 30)
    with pytest.raises(ApiError):
        minutes.take("a")


def test_one_key_does_not_use_up_another_and_zero_is_no_limit() -> None:
    minutes, none = Minutes(1, Clock(), "tries"), Minutes(0, Clock(), "tries")

    minutes.take("a")
    minutes.take("b")
    for _ in range(1000):
        none.take("a")


async def test_only_failed_attempts_count() -> None:
    minutes = Minutes(2, Clock(), "tries")

    for _ in range(10):
        async with minutes.attempt("a"):
            pass
    for _ in range(2):
        async with minutes.attempt("a") as failed:
            failed()

    with pytest.raises(ApiError) as refused:
        async with minutes.attempt("a"):
            pass
    assert refused.value.code == "rate_limited"


async def test_many_attempts_at_once_cannot_fail_more_often_than_the_limit() -> None:
    minutes = Minutes(3, Clock(), "tries")
    tried = 0

    async def guess() -> None:
        nonlocal tried
        async with minutes.attempt("a") as failed:
            tried += 1
            await asyncio.sleep(0)
            failed()

    outcomes = await asyncio.gather(*(guess() for _ in range(50)), return_exceptions=True)

    assert tried == 3
    assert sum(isinstance(outcome, ApiError) for outcome in outcomes) == 47


async def test_many_right_attempts_at_once_all_pass() -> None:
    minutes = Minutes(3, Clock(), "tries")

    async def know() -> None:
        async with minutes.attempt("a"):
            await asyncio.sleep(0)

    await asyncio.gather(*(know() for _ in range(50)))


async def test_an_attempt_that_breaks_gives_its_place_back() -> None:
    minutes = Minutes(1, Clock(), "tries")

    with pytest.raises(ZeroDivisionError):
        async with minutes.attempt("a"):
            raise ZeroDivisionError
    async with minutes.attempt("a"):
        pass


def test_old_minutes_are_forgotten() -> None:
    clock = Clock()
    minutes = Minutes(5, clock, "tries")

    for number in range(100):
        minutes.take(str(number))
    clock.now += 61
    minutes.take("last")

    assert set(minutes._minutes) == {"last"}


def test_writes_have_a_burst_of_twice_the_rate() -> None:
    clock = Clock()
    found = limits(EdgeSettings(limit_writes_per_second=2), clock)

    for _ in range(4):
        found.take_write("ada")
    with pytest.raises(ApiError) as refused:
        found.take_write("ada")
    clock.now += 0.5
    found.take_write("ada")
    found.take_write("grace")

    assert (refused.value.code, refused.value.retry_after) == ("rate_limited", 1)


def test_a_minute_of_drawing_may_be_copied_at_once_and_then_as_fast_as_one_may_draw() -> None:
    clock = Clock()
    rates = limits(EdgeSettings(limit_op_bytes_per_second=10), clock)
    none = limits(EdgeSettings(limit_op_bytes_per_second=0), clock)

    rates.take_copied("a", 400)
    rates.take_copied("a", 200)
    with pytest.raises(ApiError) as refused:
        rates.take_copied("a", 50)
    clock.now += 5
    rates.take_copied("a", 50)
    rates.take_copied("b", 100_000)
    none.take_copied("a", 10**12)

    assert (refused.value.code, refused.value.retry_after) == ("rate_limited", 5)
    with pytest.raises(ApiError):
        rates.take_copied("b", 1)
