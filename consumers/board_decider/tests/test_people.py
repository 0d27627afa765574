"""The rules of people and links on boards, as a table of decisions."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consumers.board_decider.state import Standing, State
from consumers.board_decider.tests.deciding import (
    ADA,
    BOARD,
    EVE,
    GRACE,
    LINK,
    LINK_ID,
    NOW,
    SEALED,
    code,
    make,
    only,
    state,
)
from schemas.permissions import BoardRole
from topics.decisions import Decision


@pytest.mark.parametrize(
    ("standing", "role"),
    [
        (Standing(), None),
        (Standing(grant="viewer"), "viewer"),
        (Standing(grant="viewer", links=(LINK,)), "editor"),
        (Standing(grant="editor", links=(replace(LINK, role="viewer"),)), "editor"),
        (Standing(workspace_admin=True), "owner"),
        (Standing(links=(replace(LINK, revoked=True),)), None),
        (Standing(links=(replace(LINK, expires_at=NOW),)), None),
        (Standing(links=(replace(LINK, expires_at=NOW + timedelta(milliseconds=1)),)), "editor"),
    ],
)
def test_the_highest_of_grant_link_and_workspace_counts(standing: Standing, role: str | None) -> None:
    assert standing.role(NOW) == role


def test_a_role_is_given_and_changed() -> None:
    assert only(make("grant_role", state(), user_id=EVE, role="viewer")) == (
        "role_granted",
        {"user_id": EVE, "role": "viewer"},
    )
    assert only(make("grant_role", state(), user_id=GRACE, role="owner")) == (
        "role_granted",
        {"user_id": GRACE, "role": "owner"},
    )


def test_nobody_of_that_id_gets_no_role() -> None:
    assert code(make("grant_role", state(known=False), user_id=EVE, role="viewer")) == "not_found"
    assert code(make("grant_role", state("viewer", known=False), user_id=EVE, role="viewer")) == "forbidden"


@pytest.mark.parametrize(
    ("grants", "stays"),
    [
        ({ADA: "owner", GRACE: "editor"}, True),
        ({ADA: "owner", GRACE: "viewer", EVE: "editor"}, True),
        ({ADA: "owner", GRACE: "owner"}, False),
        ({ADA: "owner"}, False),
    ],
)
def test_the_last_owner_of_a_board_with_other_people_stays(grants: dict[str, BoardRole], stays: bool) -> None:
    for decision in (
        make("revoke_role", state(grants=grants), user_id=ADA),
        make("grant_role", state(grants=grants), user_id=ADA, role="editor"),
        make("revoke_role", state(grants=grants), actor=GRACE, user_id=ADA),
    ):
        assert code(decision) == ("conflict" if stays else None)


@pytest.mark.parametrize("role", ["editor", "commenter", "viewer"])
def test_anybody_may_leave(role: BoardRole) -> None:
    before = state(role, grants={ADA: "owner", GRACE: role})

    assert only(make("revoke_role", before, actor=GRACE, user_id=GRACE)) == ("role_revoked", {"user_id": GRACE})


def test_who_came_through_a_link_may_leave_too() -> None:
    before = state(None, standing=Standing(links=(LINK,)), visited=frozenset({LINK_ID}))

    assert only(make("revoke_role", before, actor=EVE, user_id=EVE)) == ("role_revoked", {"user_id": EVE})


@pytest.mark.parametrize(
    ("before", "actor"),
    [
        (state(), ADA),
        (state("editor", standing=Standing(workspace_admin=True)), EVE),
        (state(None, standing=Standing(links=(LINK,))), EVE),
    ],
)
def test_a_role_that_is_not_there_cannot_be_taken(before: State, actor: str) -> None:
    assert code(make("revoke_role", before, actor=actor, user_id=EVE)) == "not_found"


def test_a_link_says_whether_it_has_a_password_and_never_which() -> None:
    plain = make("create_link", state(), link_id=LINK_ID, role="viewer")
    locked = make("create_link", state(), link_id=LINK_ID, role="editor", password=SEALED)

    assert only(plain) == (
        "link_created",
        {"link_id": LINK_ID, "role": "viewer", "has_password": False, "expires_at": None},
    )
    assert only(locked)[1]["has_password"] is True
    assert "password" not in only(locked)[1]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-04-01T00:00:00Z", "2026-04-01T00:00:00.000Z"),
        ("2026-04-01T00:00:00.1234567Z", "2026-04-01T00:00:00.123Z"),
        ("2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.500Z"),
    ],
)
def test_the_end_of_a_link_is_told_in_milliseconds(given: str, told: str) -> None:
    _, link = only(make("create_link", state(), link_id=LINK_ID, role="viewer", expires_at=given))

    assert link["expires_at"] == told


def test_a_link_of_another_board_is_not_found() -> None:
    assert code(make("revoke_link", state(link=None), link_id=LINK_ID)) == "not_found"


def test_a_link_is_opened_with_an_account_once() -> None:
    before = state(None)

    assert only(make("open_link", before, actor=EVE, link_id=LINK_ID, user_id=EVE)) == (
        "link_opened",
        {"link_id": LINK_ID, "user_id": EVE},
    )
    again = replace(before, visited=frozenset({LINK_ID}))
    assert make("open_link", again, actor=EVE, link_id=LINK_ID, user_id=EVE) == Decision()


@pytest.mark.parametrize(
    ("before", "actor", "expected"),
    [
        (state(link=None), EVE, "not_found"),
        (State(), EVE, "not_found"),
        (state(board=replace(BOARD, hidden=True)), EVE, "not_found"),
        (state(link=replace(LINK, revoked=True)), EVE, "gone"),
        (state(link=replace(LINK, expires_at=NOW)), EVE, "gone"),
        (state(board=replace(BOARD, trashed=True)), EVE, "gone"),
        (state(), GRACE, "forbidden"),
        (state(known=False), EVE, "forbidden"),
    ],
)
def test_a_link_that_does_not_open(before: State, actor: str, expected: str) -> None:
    assert code(make("open_link", before, actor=actor, link_id=LINK_ID, user_id=EVE)) == expected


def test_an_erased_person_is_forgotten_even_as_the_last_owner() -> None:
    gone = state(None, known=False)

    assert only(make("forget_person", gone, user_id=ADA)) == ("role_revoked", {"user_id": ADA})
    assert make("forget_person", replace(gone, grants={}), user_id=ADA) == Decision()
    visitor = replace(gone, grants={}, visited=frozenset({LINK_ID}))
    assert only(make("forget_person", visitor, actor=None, user_id=ADA)) == ("role_revoked", {"user_id": ADA})
    assert code(make("forget_person", state(), user_id=ADA)) == "forbidden", "who is not erased"
