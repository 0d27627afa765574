"""Times kept as counts."""

import pytest

from jobs.bench.load.times import Times, bucket


def times(*microseconds: int) -> Times:
    kept = Times()
    for each in microseconds:
        kept.add(each)
    return kept


@pytest.mark.parametrize("value", [0, 1, 255, 256, 999, 12_345, 7_654_321, 10**12])
def test_a_bucket_is_at_most_a_hundredth_below_its_values(value: int) -> None:
    assert value * 0.99 <= bucket(value) <= value


def test_a_time_before_its_beginning_is_none() -> None:
    assert bucket(-5) == 0


@pytest.mark.parametrize(("share", "milliseconds"), [(1, 0.001), (50, 0.05), (95, 0.095), (99, 0.099), (100, 0.1)])
def test_a_percentile_is_the_value_at_its_rank(share: float, milliseconds: float) -> None:
    assert times(*range(1, 101)).percentile(share) == milliseconds


def test_percentiles_of_few_and_of_none() -> None:
    assert times(200).percentile(50) == times(200).percentile(99) == 0.2
    assert Times().percentile(99) == 0


def test_times_of_several_processes_add_up() -> None:
    whole = Times.read(times(10, 20).written())
    whole.include(times(20, 30))

    assert len(whole) == 4
    assert whole.counts == {10: 1, 20: 2, 30: 1}
