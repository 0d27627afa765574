"""Rates: what a bucket gives at once, on average, and back."""

import pytest

from edge.errors import ApiError
from edge.lanes.buckets import KeyedBuckets, TokenBucket
from edge.lanes.op_rates import OpRates


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_at_once_and_then_says_how_long_to_wait() -> None:
    bucket = TokenBucket(2, 4, 0.0)

    assert [bucket.take(1, 0.0) for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_a_bucket_fills_again_but_not_over_its_burst() -> None:
    bucket = TokenBucket(2, 4, 0.0)
    for _ in range(4):
        bucket.take(1, 0.0)

    assert bucket.take(2, 1.0) == 0
    assert [bucket.take(1, 1000.0) for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_what_is_larger_than_the_burst_is_taken_from_a_full_bucket_and_owed() -> None:
    bucket = TokenBucket(2, 4, 0.0)

    assert bucket.take(6, 0.0) == 0
    assert bucket.take(1, 0.0) == 1.5


def test_a_rate_of_zero_is_no_limit() -> None:
    bucket = TokenBucket(0, 0, 0.0)

    assert all(bucket.take(1000, 0.0) == 0 for _ in range(1000))
    assert KeyedBuckets(0, 0, Clock()).take("a", 1e9) == 0


def test_a_clock_that_steps_back_fills_nothing() -> None:
    bucket = TokenBucket(1, 1, 10.0)
    bucket.take(1, 10.0)

    assert bucket.take(1, 5.0) == 1


def test_keys_do_not_share_a_bucket_and_full_ones_are_forgotten() -> None:
    clock = Clock()
    buckets = KeyedBuckets(1, 2, clock)
    for key in "abc":
        assert [buckets.take(key) for _ in range(3)] == [0, 0, 1]

    clock.now += 3600
    buckets.take("d")

    assert set(buckets._buckets) == {"d"}


def test_a_person_may_write_so_many_bytes_of_ops_and_a_board_takes_twice_that() -> None:
    rates = OpRates(100, Clock())
    for person in ("a", "b"):
        rates.take(person, "board", 200)

    with pytest.raises(ApiError) as of_person:
        rates.take("a", "another board", 1)
    with pytest.raises(ApiError) as of_board:
        rates.take("c", "board", 1)

    assert (of_person.value.code, of_board.value.code) == ("rate_limited", "rate_limited")
    assert of_person.value.retry_after == 1


def test_what_a_board_refuses_is_not_taken_from_the_person() -> None:
    rates = OpRates(100, Clock())
    for person in ("a", "b"):
        rates.take(person, "board", 200)
    with pytest.raises(ApiError):
        rates.take("c", "board", 200)

    rates.take("c", "another board", 200)
