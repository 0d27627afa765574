"""Ids: sortable by time, canonical, and the same for a repeated decision."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import fact_id, is_id, new_id, time_ms, uuid7

times = st.integers(0, 2**48 - 1)
random = st.binary(min_size=10, max_size=10)


@given(times, random)
def test_a_uuid7_holds_its_time_and_version(now_ms: int, bits: bytes) -> None:
    made = uuid7(now_ms, bits)

    assert is_id(made)
    assert uuid.UUID(made).version == 7
    assert uuid.UUID(made).variant == uuid.RFC_4122
    assert time_ms(made) == now_ms


@given(times, times, random, random)
def test_what_was_made_later_sorts_later(one: int, other: int, bits: bytes, more: bytes) -> None:
    if one < other:
        assert uuid7(one, bits) < uuid7(other, more)


def test_randomness_is_used_and_must_be_enough() -> None:
    assert uuid7(0, bytes(10)) == "00000000-0000-7000-8000-000000000000"
    assert uuid7(0, b"\xff" * 10) == "00000000-0000-7fff-bfff-ffffffffffff"
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(0, bytes(9))


def test_new_ids_differ() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


def test_a_repeated_decision_repeats_the_ids_of_its_facts() -> None:
    cause = new_id()

    assert fact_id(cause, 0) == fact_id(cause, 0)
    assert len({fact_id(cause, index) for index in range(100)} | {fact_id(new_id(), 0), cause}) == 102
    assert time_ms(fact_id(cause, 3)) == time_ms(cause)
    assert is_id(fact_id(cause, 3))
    assert len({fact_id(cause, 0), fact_id(cause, 0, "one"), fact_id(cause, 0, "two")}) == 3
    assert fact_id("01980c5e-0005-7a10-8f2e-3c4d5e6f7081", 1) == "01980c5e-0005-7f13-8bb3-043eb5ddcb68"
