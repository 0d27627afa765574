"""Which series are leaks: made up, with noise, at any length."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.soak.growth import BYTES, MIB, growth

LENGTHS = st.integers(min_value=40, max_value=300)
SEEDS = st.integers(min_value=0, max_value=10_000)


def noisy(seed: int, series: list[float]) -> list[float]:
    """As processes are measured: up and down by 2 MiB, and one look in twenty at a bad moment."""
    noise = random.Random(seed)
    return [each + noise.uniform(-2, 2) * MIB + (40 * MIB if noise.random() < 0.05 else 0) for each in series]


@settings(max_examples=25)
@given(LENGTHS, SEEDS)
def test_what_grows_steadily_is_a_leak(length: int, seed: int) -> None:
    series = noisy(seed, [100 * MIB + 60 * MIB * n / length for n in range(length)])

    assert not growth(series).bounded


@settings(max_examples=25)
@given(LENGTHS, SEEDS)
def test_what_stays_is_bounded(length: int, seed: int) -> None:
    assert growth(noisy(seed, [100.0 * MIB] * length)).bounded


@settings(max_examples=25)
@given(LENGTHS, SEEDS)
def test_what_warms_up_and_stays_is_bounded(length: int, seed: int) -> None:
    series = [200 * MIB - 150 * MIB * math.exp(-20 * n / length) for n in range(length)]

    assert growth(noisy(seed, series)).bounded


@settings(max_examples=25)
@given(LENGTHS, SEEDS)
def test_a_sawtooth_is_bounded(length: int, seed: int) -> None:
    series = [100 * MIB + 40 * MIB * (n % 10) / 10 for n in range(length)]

    assert growth(noisy(seed, series)).bounded


@settings(max_examples=25)
@given(LENGTHS, SEEDS)
def test_a_sawtooth_that_climbs_is_a_leak(length: int, seed: int) -> None:
    series = [100 * MIB + 40 * MIB * (n % 10) / 10 + 80 * MIB * n / length for n in range(length)]

    assert not growth(noisy(seed, series)).bounded


def test_what_fills_up_to_what_was_configured_is_bounded_and_above_it_is_not() -> None:
    filling = [100 * MIB + 100.0 * MIB * n / 100 for n in range(100)]

    assert not growth(filling).bounded
    assert growth(filling, bound=256 * MIB).bounded
    assert not growth(filling, bound=150 * MIB).bounded


def test_a_small_process_may_grow_by_a_little() -> None:
    assert growth([10 * MIB + BYTES * n / 100 for n in range(100)]).bounded


def test_too_few_looks_tell_nothing() -> None:
    with pytest.raises(ValueError, match="7 samples are too few"):
        growth([1.0] * 7)
