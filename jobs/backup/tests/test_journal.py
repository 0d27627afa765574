"""Which objects there were at a moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.backup.base_copy import Damaged
from jobs.backup.journal import Gone, Kept, add, at, read, rewrite, worth

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def kept(key: str, minute: int, etag: str = "e") -> Kept:
    return Kept(key, etag, 3, "ab" * 32, {"ContentType": "image/png"}, {"a": "b"}, NOON + minute * MINUTE)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"

    add(file, [kept("a", 0), kept("b", 0)])
    add(file, [Gone("a", NOON + MINUTE)])

    a, b = read(file)
    assert (a.key, a.gone) == ("a", NOON + MINUTE)
    assert b == kept("b", 0)
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_object_that_went_is_there_for_every_moment_before(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0), Gone("a", NOON + 5 * MINUTE), kept("b", 9)])

    known = read(file)

    assert set(at(known, NOON + 4 * MINUTE)) == {"a", "b"}, "b was copied later, and may have been there before"
    assert set(at(known, NOON + 5 * MINUTE)) == {"b"}
    assert set(at(known, None)) == {"b"}


def test_an_object_that_was_replaced_is_what_it_was_then(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0, "old"), kept("a", 5, "new")])

    known = read(file)

    assert at(known, NOON + MINUTE)["a"].etag == "old"
    assert at(known, NOON + 5 * MINUTE)["a"].etag == "new"
    assert at(known, None)["a"].etag == "new"


def test_an_object_that_came_back_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0), Gone("a", NOON + MINUTE), kept("a", 2)])

    assert at(read(file), None)["a"] == kept("a", 2)


def test_a_line_that_a_kill_cut_off_is_as_if_it_was_never_begun(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0), kept("b", 0)])
    whole = file.read_bytes()

    for cut in range(len(whole) // 2 + 1, len(whole)):
        file.write_bytes(whole[:cut])
        assert read(file) == [kept("a", 0)], cut
    add(file, [kept("c", 1)])

    assert read(file) == [kept("a", 0), kept("c", 1)]


def test_a_line_in_the_middle_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0)])
    file.write_bytes(file.read_bytes() + b"{}\n")

    with pytest.raises(Damaged, match=r"objects\.jsonl: line 2"):
        read(file)


def test_what_no_moment_needs_is_dropped_and_the_rest_reads_the_same(tmp_path: Path) -> None:
    file = tmp_path / "objects.jsonl"
    add(file, [kept("a", 0), Gone("a", NOON + MINUTE), kept("b", 0), Gone("b", NOON + 9 * MINUTE), kept("c", 2)])

    left = worth(read(file), NOON + 2 * MINUTE)
    rewrite(file, left)

    assert read(file) == left
    assert [each.key for each in left] == ["b", "c"]
    rewrite(file, [])
    assert read(file) == []
