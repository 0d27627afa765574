"""What polls come to: for every position the archive says what the log says."""

from itertools import chain

import pytest
from hypothesis import given

from consumers.board_archiver import handler
from consumers.board_archiver.archiving import due
from consumers.board_archiver.handler import Bundle, Since, bundles, is_due
from consumers.board_archiver.tests.records import BOARDS, log_of, numbered, polls, record
from schemas import codec
from schemas.boards import archive_trace
from schemas.boards.append import fold_ops
from schemas.boards.archive import (
    ArchivedOp,
    document,
    parse_segment,
    parse_snapshot,
    snapshot,
    state_hash,
    unpack,
    unpack_all,
)
from schemas.boards.tests.strokes import stroke
from schemas.registry import registry
from topics.errors import Reject


def archived(drawn: list) -> tuple[list, list[Bundle]]:
    """The records of polls, and the objects that the archiver makes of them one poll after the other."""
    found, ends = [], {}
    records = numbered(drawn)
    for poll in records:
        made = bundles(poll, ends)
        found += made
        ends |= {each.segment.board_id: each.segment.last.seq for bundle in made for each in bundle.pieces}
    return list(chain.from_iterable(records)), found


def ops_of(board_id: str, found: list[Bundle]) -> list[ArchivedOp]:
    """The ops of a board as they are read from the objects' bytes."""
    ops: list[ArchivedOp] = []
    for bundle in found:
        for start, length, raw in unpack_all(bundle.body):
            piece = parse_segment(raw)
            assert unpack(bundle.body[start : start + length]) == raw
            if piece.board_id == board_id:
                ops += piece.ops
    return ops


@given(polls)
def test_at_every_position_the_archive_says_what_the_log_says(drawn: list) -> None:
    records, found = archived(drawn)

    for board_id in BOARDS:
        log, ops = log_of(board_id, records), ops_of(board_id, found)
        assert [op.seq for op in ops] == list(range(1, len(log) + 1))
        for n in range(len(log) + 1):
            contained = [op for op in ops if n and op.place <= log[n - 1][0]]
            assert fold_ops((op.type, op.data) for op in contained) == fold_ops(change for _, change in log[:n])


@given(polls)
def test_a_snapshot_and_what_follows_come_to_the_same(drawn: list) -> None:
    records, found = archived(drawn)

    for board_id in BOARDS:
        log, ops = log_of(board_id, records), ops_of(board_id, found)
        for written, raw in due(board_id, {}, ops, 2):
            taken = parse_snapshot(raw)
            after = [(op.type, op.data) for op in ops if op.seq > taken.seq]
            assert taken == written
            assert fold_ops(after, taken.elements) == fold_ops(change for _, change in log)


@given(polls)
def test_everything_that_is_written_is_as_its_schema_says(drawn: list) -> None:
    _, found = archived(drawn)

    for bundle in found:
        for piece in bundle.pieces:
            codec.validate(registry().get("boards.archive_segment"), document(piece.segment))
            elements = fold_ops((op.type, op.data) for op in piece.segment.ops)
            _, raw = snapshot(piece.segment.board_id, piece.segment.last, elements)
            codec.validate(registry().get("boards.archive_snapshot"), codec.decode(raw))


@given(polls)
def test_the_same_ops_make_the_same_objects_and_a_trace_says_who_when_and_where(drawn: list) -> None:
    _, once = archived(drawn)
    _, again = archived(drawn)

    assert [(each.key, each.body) for each in once] == [(each.key, each.body) for each in again]
    for piece in chain.from_iterable(each.pieces for each in once):
        trace, ops = archive_trace.unpack(piece.trace), piece.segment.ops
        assert list(trace.actors) == [op.actor for op in ops]
        assert list(zip(trace.offsets, trace.indexes, strict=True)) == [op.place for op in ops]
        assert list(trace.times) == [archive_trace.microseconds(op.time) for op in ops]


def test_keys_sort_by_position_and_differ_by_content() -> None:
    def key(offset: int, x: int) -> str:
        [made] = bundles([record(BOARDS[0], [("boards.draw", {"elements": [stroke("a", x, 0)]})], offset)], {})
        return made.key

    assert sorted([key(9, 1), key(1000, 1), key(10, 1)]) == [key(9, 1), key(10, 1), key(1000, 1)]
    assert key(9, 1) != key(9, 2)


def test_a_long_poll_is_cut_into_segments_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "SEGMENT_OPS", 4)
    records = [record(BOARDS[0], [("boards.draw", {"elements": [stroke("a", n, 0)]})], n) for n in range(10)]

    [made] = bundles(records, {BOARDS[0]: 5})

    assert [(each.segment.first.seq, each.segment.last.seq) for each in made.pieces] == [(6, 9), (10, 13), (14, 15)]
    monkeypatch.setattr(handler, "SEGMENT_BYTES", 1)
    assert len(bundles(records, {})[0].pieces) == 10


def test_partitions_have_objects_of_their_own() -> None:
    one, two = record(BOARDS[0], [], 1), record(BOARDS[1], [], 1, partition=3)
    for each in (one, two):
        each[2]["ops"] = record(each[1], [("boards.draw", {"elements": [stroke("a", 1, 0)]})], 1)[2]["ops"]

    assert [(each.partition, len(each.pieces)) for each in bundles([one, two], {})] == [(0, 1), (3, 1)]


def test_a_record_of_two_boards_is_refused() -> None:
    place, _, data = record(BOARDS[0], [("boards.draw", {"elements": [stroke("a", 1, 0)]})], 1)

    with pytest.raises(Reject):
        bundles([(place, BOARDS[1], data)], {})


def test_equal_states_have_one_hash_and_others_another() -> None:
    one, two = stroke("a", 1, 0), stroke("b", 1, 0)

    assert state_hash({"a": one, "b": two}) == state_hash({"b": dict(reversed(two.items())), "a": one})
    assert state_hash({"a": one}) != state_hash({"a": one | {"x": 1}})


@pytest.mark.parametrize(
    ("since", "last", "expected"),
    [
        (Since(1, 100, 1), 0, False),
        (Since(2000, 100, 1), 10**9, True),
        (Since(1, 300_000, 1), 0, True),
        (Since(1, 300_000, 1), 400_000, False),
        (Since(100, 100, 100), 0, True),
    ],
)
def test_a_snapshot_is_due_when_reading_what_follows_costs_more(since: Since, last: int, expected: bool) -> None:
    assert is_due(since, last, 2000) is expected
