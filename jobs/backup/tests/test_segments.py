"""Names of segments, and gaps between them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.backup.segments import files_from, following, segment_of, spent
from topics.errors import Misconfigured

MIB_16 = 16 * 1024 * 1024
FIRST = "0000000100000000000000FE"


def test_a_place_lies_in_a_segment() -> None:
    assert segment_of(1, "0/2000028", MIB_16) == "000000010000000000000002"
    assert segment_of(2, "A/FF000000", MIB_16) == "000000020000000A000000FF"


@given(number=st.integers(0, 2**40), size=st.sampled_from([1 << each for each in range(20, 31)]))
def test_segments_follow_each_other_as_places_do(number: int, size: int) -> None:
    def lsn(at: int) -> str:
        return f"{at >> 32:X}/{at & 0xFFFFFFFF:X}"

    at = number // size * size

    assert following(segment_of(1, lsn(at), size), size) == segment_of(1, lsn(at + size), size)


def test_a_chain_is_read_in_order_with_what_is_packed_and_what_is_not_full_yet(tmp_path: Path) -> None:
    for name in (f"{FIRST}.gz", "0000000100000000000000FF", "000000010000000100000000.partial", "chain.json"):
        (tmp_path / name).touch()

    found = files_from(tmp_path, FIRST, MIB_16)

    assert [path.name for path in found] == [
        f"{FIRST}.gz",
        "0000000100000000000000FF",
        "000000010000000100000000.partial",
    ]


def test_a_segment_that_was_packed_and_not_removed_yet_counts_once(tmp_path: Path) -> None:
    for name in (FIRST, f"{FIRST}.gz", f"{FIRST}.gz.new"):
        (tmp_path / name).touch()

    assert len(files_from(tmp_path, FIRST, MIB_16)) == 1


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    for name in (FIRST, "000000010000000100000000"):
        (tmp_path / name).touch()

    with pytest.raises(Misconfigured, match=f"{tmp_path}: the segment 0000000100000000000000FF is missing"):
        files_from(tmp_path, FIRST, MIB_16)


def test_a_missing_beginning_is_named(tmp_path: Path) -> None:
    (tmp_path / "0000000100000000000000FF").touch()

    with pytest.raises(Misconfigured, match=f"the segment {FIRST} is missing"):
        files_from(tmp_path, FIRST, MIB_16)
    with pytest.raises(Misconfigured, match="is missing"):
        files_from(tmp_path / "nowhere", FIRST, MIB_16)


def test_only_what_is_before_the_oldest_copy_is_spent() -> None:
    names = [f"{FIRST}.gz", "0000000100000000000000FF", "000000010000000100000000.partial", "chain.json"]

    assert spent(names, "0000000100000000000000FF") == [f"{FIRST}.gz"]
    assert spent(names, None) == []
