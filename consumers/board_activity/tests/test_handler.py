import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consumers.board_activity.handler import Cell, cells, joined, op_number, sayings, time_ms
from consumers.board_activity.tests import histories
from consumers.board_activity.tests.histories import BEGINNING, MINUTE, Event, Told
from schemas.ids import new_id

BOARD, ADA, BEN = new_id(), new_id(), new_id()


def said(told: Told) -> list[tuple[int, dict[str, Any]]]:
    return list(sayings(told.envelope.type, told.envelope, told.data))


def test_ops_of_one_record_may_be_of_two_minutes_and_of_several_people() -> None:
    before = Event(BOARD, ADA, BEGINNING + MINUTE - 1, new_id())
    after = Event(BOARD, BEN, BEGINNING + MINUTE, new_id())

    first, second = said(histories.ops_record([before, after]))

    assert first == (before.at_ms, {"boards": {BOARD: {ADA: [0b100000, [op_number(str(before.op_id))]]}}})
    assert second == (after.at_ms, {"boards": {BOARD: {BEN: [0b000001, [op_number(str(after.op_id))]]}}})


def test_a_board_says_where_it_is_and_who_made_it_was_there() -> None:
    workspace = new_id()

    home, seen = said(histories.board_created(BOARD, workspace, ADA, BEGINNING + 25_000))

    assert home == (BEGINNING + 25_000, {"homes": {BOARD: workspace}})
    assert seen == (BEGINNING + 25_000, {"boards": {BOARD: {ADA: [0b000100, []]}}})


def test_who_moves_is_there_and_who_is_gone_is_not() -> None:
    (one,) = said(histories.moved(BOARD, [ADA], BEGINNING))

    assert one[1] == {"boards": {BOARD: {ADA: [1, []]}}}


def test_what_nobody_did_and_what_is_on_no_board_says_nothing() -> None:
    renamed = histories.renamed(BOARD, "somebody", BEGINNING)
    elsewhere = histories.viewed(BOARD, ADA, BEGINNING)
    del elsewhere.data["board_id"]
    room = histories.moved(BOARD, [ADA], BEGINNING)
    room.data["room"] = f"workspace:{new_id()}"

    assert said(renamed) == said(elsewhere) == said(room) == []


def test_an_op_is_a_number_that_postgresql_can_hold() -> None:
    numbers = {op_number(new_id()) for _ in range(1000)}

    assert len(numbers) == 1000
    assert all(0 <= number < 2**63 for number in numbers)


def test_a_time_is_read_to_the_millisecond() -> None:
    assert time_ms("2026-05-04T10:11:12.345Z") - time_ms("2026-05-04T10:11:12Z") == 345


@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_sayings_of_a_minute_come_to_the_same_in_any_order_and_number(seed: int, order: random.Random) -> None:
    chance = random.Random(seed)
    users = [new_id() for _ in range(3)]
    told = [histories.a_moment(chance, BOARD, users, BEGINNING)[0] for _ in range(6)]
    every = [saying for each in told for _, saying in said(each)]
    again = every + every[:3]
    order.shuffle(again)

    assert gathered(every) == gathered(again)


def gathered(every: list[dict[str, Any]]) -> dict[Cell, tuple[int, set[int]]]:
    whole: dict[str, Any] = {}
    for each in every:
        whole = joined(whole, {"boards": {board: dict(people) for board, people in each.get("boards", {}).items()}})
    return {cell: (slices, set(ops)) for cell, slices, ops in cells(0, whole)}
