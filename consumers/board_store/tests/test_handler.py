"""What the ops of a poll come to."""

from typing import Any

import orjson
import pytest

from consumers.board_store.handler import Place, Row, grown
from consumers.board_store.handler import rows as rows_over
from consumers.board_store.store import STATEMENT_CHARACTERS, STATEMENT_ROWS, statements
from schemas.boards.append import APPEND
from schemas.boards.tests.strokes import append, stroke
from topics.errors import Reject

BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
OTHER = "01980c5e-0006-7a10-8f2e-3c4d5e6f7081"


def element(id_: str, version: int = 1, nonce: int = 0, **fields: Any) -> dict[str, Any]:
    base = {"id": id_, "type": "text", "version": version, "versionNonce": nonce, "isDeleted": False, "index": "a0"}
    return base | fields


def record(*ops: list[dict[str, Any]], board: str = BOARD) -> dict[str, Any]:
    return {"ops": [{"id": "x", "data": {"board_id": board, "elements": elements}} for elements in ops]}


def rows(records: list[tuple[Place, str, Any]]) -> list[Row]:
    return rows_over(records, {})


def place(offset: int) -> Place:
    return Place("g1", 0, offset + 1)


def test_each_element_comes_once_with_the_place_of_the_op_that_won() -> None:
    found = rows(
        [
            (place(5), BOARD, record([element("a", 2), element("b", 1)])),
            (place(6), BOARD, record([element("a", 1)], [element("b", 2)])),
        ]
    )

    assert [(row.id, row.version, row.place.next) for row in found] == [("a", 2, 6), ("b", 2, 7)]


def test_of_equal_versions_the_lower_nonce_wins_and_of_equal_both_the_first_in_the_log() -> None:
    found = rows(
        [
            (place(0), BOARD, record([element("a", 1, 7, x=0), element("b", 1, 7, x=0)])),
            (place(1), BOARD, record([element("a", 1, 6, x=1), element("b", 1, 7, x=1)])),
        ]
    )

    assert [(row.id, row.nonce, row.place.next, orjson.loads(row.body)["x"]) for row in found] == [
        ("a", 6, 2, 1),
        ("b", 7, 1, 0),
    ]


def test_rows_are_sorted_by_board_and_element() -> None:
    found = rows(
        [
            (place(0), OTHER, record([element("b"), element("a")], board=OTHER)),
            (place(1), BOARD, record([element("z"), element("Ä"), element("B")])),
        ]
    )

    assert [(row.board_id, row.id) for row in found] == [
        (BOARD, "B"),
        (BOARD, "z"),
        (BOARD, "Ä"),
        (OTHER, "a"),
        (OTHER, "b"),
    ]


def test_a_tombstone_is_kept() -> None:
    [row] = rows([(place(0), BOARD, record([element("a", isDeleted=True)]))])

    assert row.deleted


def test_the_body_is_the_whole_element() -> None:
    drawn = element("a", customData={"ключ": [1, None, {"x": 0.1}]})

    [row] = rows([(place(0), BOARD, record([drawn]))])

    assert orjson.loads(row.body) == drawn


def appending(*appends: dict[str, Any], board: str = BOARD) -> dict[str, Any]:
    return {"ops": [{"id": "x", "type": APPEND, "data": {"board_id": board, **each}} for each in appends]}


def test_points_are_appended_to_what_was_drawn_in_the_same_poll() -> None:
    log = [
        (place(0), BOARD, record([stroke("a", 1, 0)])),
        (place(1), BOARD, appending(append("a", (1, 0), 2, 0), append("a", (2, 0), 3, 0))),
    ]

    [row] = rows(log)

    assert (row.version, row.place.next) == (3, 2)
    assert orjson.loads(row.body)["points"] == [[1, 0], [2.5, 0], [3.5, 0]]
    assert grown(log) == [(BOARD, "a")]


def test_points_are_appended_to_what_is_stored() -> None:
    log = [(place(7), BOARD, appending(append("a", (1, 0), 2, 0), append("b", (1, 0), 2, 0)))]

    [row] = rows_over(log, {(BOARD, "a"): stroke("a", 1, 0)})

    assert (row.id, row.version, row.place.next) == ("a", 2, 8)
    assert grown(log) == [(BOARD, "a"), (BOARD, "b")]


def test_what_is_stored_and_stays_is_not_written_again() -> None:
    log = [
        (place(7), BOARD, appending(append("a", (1, 0), 2, 0))),
        (place(8), BOARD, record([stroke("a", 1, 0)])),
    ]

    assert rows_over(log, {(BOARD, "a"): stroke("a", 3, 0)}) == []


def test_a_drawn_base_that_loses_to_what_is_stored_takes_no_points() -> None:
    log = [
        (place(7), BOARD, record([stroke("a", 1, 0)])),
        (place(8), BOARD, appending(append("a", (1, 0), 9, 0))),
    ]

    assert rows_over(log, {(BOARD, "a"): stroke("a", 3, 0)}) == []


def test_points_of_another_board_than_the_key_are_refused_with_their_path() -> None:
    with pytest.raises(Reject) as refused:
        rows([(place(0), OTHER, appending(append("a", (1, 0), 2, 0)))])

    assert refused.value.errors[0].path == "/ops/0/data/board_id"


def test_ops_of_another_board_than_the_key_are_refused_with_their_path() -> None:
    with pytest.raises(Reject) as refused:
        rows([(place(0), OTHER, record([element("a")], board=BOARD))])

    assert refused.value.errors[0].path == "/ops/0/data/board_id"


def test_statements_are_bounded_in_rows_and_characters() -> None:
    many = rows([(place(0), BOARD, record([element(f"{n:05d}") for n in range(STATEMENT_ROWS + 1)]))])
    large = rows(
        [(place(0), BOARD, record([element(f"{n}", text="x" * (STATEMENT_CHARACTERS // 2)) for n in range(3)]))]
    )

    assert [len(part) for part in statements(many)] == [STATEMENT_ROWS, 1]
    assert [len(part) for part in statements(large)] == [1, 1, 1]
    assert list(statements([])) == []
