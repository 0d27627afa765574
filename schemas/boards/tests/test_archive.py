"""The format of the archive: what is damaged is seen, and a history counts each op once."""

import hashlib
import tracemalloc
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.boards import archive_trace
from schemas.boards.archive import (
    ArchiveCorrupt,
    ArchivedOp,
    pack,
    parse_segment,
    parse_snapshot,
    segment,
    snapshot,
    unpack,
    unpack_all,
)
from schemas.boards.archive_history import TracePart, history
from schemas.boards.archive_trace import EPOCH, MICROSECOND
from schemas.boards.tests.strokes import stroke

BOARD = "01980c5e-0005-7a10-8f2e-000000000001"
START = datetime(2026, 5, 4, tzinfo=UTC)


def op(seq: int, *, offset: int | None = None, milliseconds: int = 0, actor: str = "a") -> ArchivedOp:
    data = {"board_id": BOARD, "elements": [stroke("e", seq, 0)]}
    time = (START + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    at = seq if offset is None else offset
    return ArchivedOp(seq, "life", 0, at, 0, f"id{seq}", time, actor, "boards.draw", data)


def test_a_flipped_byte_anywhere_is_seen() -> None:
    packed = pack(segment(BOARD, [op(1), op(2)]).raw)
    good = parse_segment(unpack(packed))

    for at in range(len(packed)):
        broken = bytearray(packed)
        broken[at] ^= 0x20
        try:
            read = parse_segment(unpack(bytes(broken)))
        except ArchiveCorrupt:
            continue
        # Some bits mean nothing: who compressed it, and what fills the last byte up.
        assert read == good


@pytest.mark.parametrize(
    ("ops", "why"),
    [
        ([op(1), op(3)], "does not follow"),
        ([op(1), op(2, offset=1)], "does not follow"),
        ([op(2), op(1)], "does not follow"),
    ],
)
def test_ops_that_do_not_follow_each_other_are_no_segment(ops: list[ArchivedOp], why: str) -> None:
    with pytest.raises(ArchiveCorrupt, match=why):
        parse_segment(segment(BOARD, ops).raw)


def test_what_is_cut_or_foreign_is_named() -> None:
    raw = segment(BOARD, [op(1)]).raw

    for packed, why in [
        (pack(raw)[:-9], "ends too early"),
        (b"not gzip", "cannot be decompressed"),
        (pack(raw) * 2, f"goes on for {len(pack(raw))} bytes"),
        (pack(raw) + b"x", "goes on for 1 bytes"),
        (b"", "no compressed piece"),
    ]:
        with pytest.raises(ArchiveCorrupt, match=why):
            unpack(packed)
    with pytest.raises(ArchiveCorrupt, match="too much"):
        unpack(pack(b"0" * 1_000_000), at_most=1000)
    for text, why in [(b"", "cannot be read"), (b'{"schema":"x/1"}\n', "of schema x/1"), (raw[:-5], "its hash")]:
        with pytest.raises(ArchiveCorrupt, match=why):
            parse_segment(text)
    with pytest.raises(ArchiveCorrupt, match="cannot be read"):
        archive_trace.unpack(zlib.compress(b"junk"))


def test_a_piece_may_have_exactly_its_size_and_not_a_byte_more() -> None:
    for size in (0, 1, 70_000):
        packed = pack(b"0" * size)

        assert unpack(packed, at_most=size) == b"0" * size
        with pytest.raises(ArchiveCorrupt, match="too much"):
            unpack(pack(b"0" * (size + 1)), at_most=size)


def test_a_second_piece_is_not_unfolded_to_be_refused() -> None:
    bomb = pack(b"small") + pack(b"0" * 100_000_000)
    tracemalloc.start()

    with pytest.raises(ArchiveCorrupt, match="goes on"):
        unpack(bomb)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_many_small_pieces_are_found_without_copying_what_follows_each() -> None:
    packed = pack(b"a") * 20_000
    tracemalloc.start()

    count = sum(1 for _ in unpack_all(packed))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < len(packed)


FORGED = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "life", BOARD, "boards.archive_segment/1"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["offset", "index"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from(["schema", "board_id", "generation", "partition", "first_seq", "last_seq", "first", "last"]),
        FORGED,
    ),
    st.dictionaries(
        st.sampled_from(["seq", "generation", "partition", "offset", "index", "id", "time", "actor", "type", "data"]),
        FORGED,
    ),
)
def test_a_forged_segment_is_corrupt_and_never_a_bug(head: dict[str, Any], fields: dict[str, Any]) -> None:
    good = segment(BOARD, [op(1), op(2)])
    first, *lines = good.raw.splitlines()
    made = b"\n".join([*lines[:1], orjson.dumps({**orjson.loads(lines[1]), **fields}), b""])
    forged = {**orjson.loads(first), **head, "hash": hashlib.sha256(made).hexdigest()}

    with suppress(ArchiveCorrupt):
        found = parse_segment(orjson.dumps(forged) + b"\n" + made)
        assert all(type(each.offset) is int and type(each.time) is str for each in found.ops)


def test_pieces_are_found_in_the_object_that_holds_them() -> None:
    pieces = [pack(b"one"), pack(b"two" * 1000), pack(b"")]

    found = list(unpack_all(b"".join(pieces)))

    assert [raw for _, _, raw in found] == [b"one", b"two" * 1000, b""]
    assert [length for _, length, _ in found] == list(map(len, pieces))
    assert [start for start, _, _ in found] == [0, len(pieces[0]), len(pieces[0]) + len(pieces[1])]


def test_a_changed_element_is_seen_by_the_state_hash() -> None:
    _, raw = snapshot(BOARD, op(4), {"e": stroke("e", 4, 0)})
    changed = orjson.loads(raw)
    changed["elements"][0]["width"] = 17

    assert parse_snapshot(raw).seq == 4
    with pytest.raises(ArchiveCorrupt, match="state hash"):
        parse_snapshot(orjson.dumps(changed))


TIMES = st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab")), max_size=30)


@given(TIMES, st.integers(0, 40), st.integers(1, 30), st.integers(1, 12), st.integers(1, 7))
def test_a_history_counts_what_counting_one_by_one_does(
    times: list[tuple[int, str]], first: int, length: int, buckets: int, cut: int
) -> None:
    ops = [op(n, milliseconds=at, actor=actor) for n, (at, actor) in enumerate(times, start=1)]
    parts = [
        TracePart("life", 0, part[0].seq, archive_trace.unpack(archive_trace.pack(part)))
        for part in (ops[n : n + cut] for n in range(0, len(ops), cut))
    ]
    zero = (START - EPOCH) // MICROSECOND
    start, end = zero + first * 1000, zero + (first + length) * 1000

    found = history(parts, start, end, buckets)

    assert [found[0].start, found[-1].end] == [start, end]
    assert [each.end for each in found[:-1]] == [each.start for each in found[1:]]
    for bucket in found:
        inside = [each for each in ops if bucket.start <= archive_trace.microseconds(each.time) < bucket.end]
        before = [each for each in ops if archive_trace.microseconds(each.time) < bucket.end]
        assert bucket.count == len(inside)
        assert set(bucket.actors) == {each.actor for each in inside}
        assert bucket.last == (("life", 0, before[-1].offset, 0) if before else None)
