"""What a fact comes to in the audit."""

import dataclasses
import hashlib
from datetime import timedelta
from typing import Any

import orjson
import pytest

from consumers.audit_log.handler import (
    BEGINNING,
    INSTANCE,
    Entry,
    Head,
    boards_of,
    canonical,
    chain_of,
    chained,
    entry_of,
    in_time,
    new_boards,
)
from consumers.audit_log.tests.facts import NOON, board_created, board_renamed, envelope, joined, logged_in

WORKSPACE = "01980c5e-0004-7a10-8f2e-3c4d5e6f7081"
BOARD = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
USER = "01980c5e-0001-7a10-8f2e-3c4d5e6f7081"


def test_an_entry_says_who_what_when_in_which_session_and_on_what() -> None:
    told = envelope(
        "boards.board_renamed",
        BOARD,
        actor=USER,
        session="01980c5e-0007-7a10-8f2e-3c4d5e6f7081",
        via="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )

    entry = entry_of(told, {"title": "Ретро", "board_id": BOARD, "revision": 2})

    assert entry == Entry(
        fact_id=told.id,
        type="boards.board_renamed",
        schema="boards.board_renamed/1",
        time=NOON,
        actor=USER,
        subject=BOARD,
        session_id=told.session,
        link_id=told.via,
        correlation_id=told.id,
        traceparent=told.traceparent,
        data=f'{{"board_id":"{BOARD}","revision":2,"title":"Ретро"}}',
    )


def test_the_order_of_keys_in_a_fact_does_not_matter() -> None:
    told = envelope("boards.board_renamed", BOARD)

    assert entry_of(told, {"a": 1, "b": {"d": 1, "c": 2}}) == entry_of(told, {"b": {"c": 2, "d": 1}, "a": 1})


def test_workspaces_and_their_boards_have_one_chain_and_people_the_one_of_the_instance() -> None:
    made = board_created(WORKSPACE, BOARD)

    homes = new_boards([made, joined(WORKSPACE)])

    assert homes == {BOARD: WORKSPACE}
    assert boards_of([made, joined(WORKSPACE), logged_in(USER)]) == {BOARD}
    assert chain_of(joined(WORKSPACE), homes) == WORKSPACE
    assert chain_of(made, homes) == chain_of(board_renamed(BOARD), homes) == WORKSPACE
    assert chain_of(logged_in(USER), homes) == INSTANCE
    assert chain_of(board_renamed(BOARD), {}) == INSTANCE


def test_a_row_is_hashed_over_the_one_before() -> None:
    one, two = joined(WORKSPACE), joined(WORKSPACE, 1)

    rows = chained(WORKSPACE, Head(), [one, two])

    first = hashlib.sha256(bytes(32) + canonical(WORKSPACE, 1, one)).digest()
    assert [(row.seq, row.hash) for row in rows] == [
        (1, first),
        (2, hashlib.sha256(first + canonical(WORKSPACE, 2, two)).digest()),
    ]
    assert chained(WORKSPACE, Head(1, first), [two]) == rows[1:]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fact_id", USER),
        ("type", "workspaces.workspace_deleted"),
        ("schema", "workspaces.member_joined/2"),
        ("time", NOON + timedelta(microseconds=1)),
        ("actor", USER),
        ("subject", USER),
        ("session_id", USER),
        ("link_id", USER),
        ("correlation_id", USER),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("data", "{}"),
    ],
)
def test_every_field_counts_in_the_hash(field: str, value: Any) -> None:
    entry = joined(WORKSPACE)

    [row] = chained(WORKSPACE, Head(), [entry])
    [other] = chained(WORKSPACE, Head(), [dataclasses.replace(entry, **{field: value})])

    assert row.hash != other.hash


def test_the_chain_and_the_place_count_in_the_hash() -> None:
    entry = joined(WORKSPACE)

    [here] = chained(WORKSPACE, Head(), [entry])
    [elsewhere] = chained(INSTANCE, Head(), [entry])
    [later] = chained(WORKSPACE, Head(1, BEGINNING), [entry])

    assert len({here.hash, elsewhere.hash, later.hash}) == 3


def test_the_canonical_form_is_json_with_sorted_keys_and_no_spaces() -> None:
    form = canonical(WORKSPACE, 7, joined(WORKSPACE))

    assert form == orjson.dumps(orjson.loads(form), option=orjson.OPT_SORT_KEYS)
    assert b'"time":"2026-05-04T12:00:00.000000Z"' in form


def test_facts_of_a_poll_are_sorted_by_time_as_far_as_their_partitions_allow() -> None:
    late, early, after = joined(WORKSPACE, 5), joined(WORKSPACE, 1), joined(WORKSPACE, 6)
    other = joined(WORKSPACE, 2)

    assert in_time([[early, late], [other, after]]) == [early, other, late, after]
    assert in_time([[late, early, after], [other]]) == [other, late, early, after]
    assert in_time([]) == []
