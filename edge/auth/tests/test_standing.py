"""What a role allows on a board in each of its states."""

import pytest

from edge.auth.standing import BoardAccess, BoardState, Right, Standing, access, judge
from edge.errors import ApiError
from schemas.permissions import BOARD_ROLES, BoardRole


def board(*, archived: bool = False, trashed: bool = False, hidden: bool = False) -> BoardState:
    return BoardState("b", "w", archived, trashed, hidden)


def standing(*rights: Right, state: BoardState | None = None) -> Standing:
    return Standing(state or board(), rights, 0.0)


def verdict(given: BoardAccess | None, permission: str) -> str:
    try:
        judge(given, permission)
    except ApiError as error:
        return error.code
    return "allowed"


def given(role: BoardRole, *, archived: bool = False, trashed: bool = False) -> BoardAccess:
    return BoardAccess(role, archived, trashed, "w")


def test_the_role_is_the_highest_of_those_valid_now() -> None:
    several = standing(Right("viewer", None), Right("editor", 50.0), Right("commenter", 100.0))

    assert [several.role(now) for now in (0.0, 50.0, 99.9, 100.0)] == ["editor", "commenter", "commenter", "viewer"]
    assert [several.next_end(now) for now in (0.0, 50.0, 100.0)] == [50.0, 100.0, None]


def test_without_a_right_there_is_no_access() -> None:
    assert access(None, 0.0) is None
    assert access(standing(Right("owner", 10.0)), 10.0) is None


def test_a_hidden_board_is_seen_by_nobody() -> None:
    assert access(standing(Right("owner", None), state=board(hidden=True)), 0.0) is None


def test_no_access_is_not_found_whatever_is_asked() -> None:
    assert {verdict(None, permission) for permission in ("board.view", "board.draw", "board.join")} == {"not_found"}


@pytest.mark.parametrize(
    ("role", "draws"),
    [("owner", "allowed"), ("editor", "allowed"), ("commenter", "forbidden"), ("viewer", "forbidden")],
)
def test_only_owners_and_editors_draw(role: BoardRole, draws: str) -> None:
    assert verdict(given(role), "board.draw") == draws
    assert verdict(given(role), "board.join") == "allowed"


def test_an_archived_board_refuses_drawing_and_renaming_but_not_the_rest() -> None:
    archived = given("owner", archived=True)

    assert verdict(archived, "board.draw") == verdict(archived, "board.rename") == "conflict"
    for permission in ("board.join", "board.grant", "board.link", "board.restore", "board.trash", "board.duplicate"):
        assert verdict(archived, permission) == "allowed"


def test_too_low_a_role_is_forbidden_before_any_conflict() -> None:
    assert verdict(given("viewer", archived=True), "board.draw") == "forbidden"


def test_a_trashed_board_is_there_for_its_owner_alone_and_joined_by_nobody() -> None:
    trashed = {role: given(role, trashed=True) for role in BOARD_ROLES}

    assert {verdict(trashed[role], "board.view") for role in BOARD_ROLES if role != "owner"} == {"not_found"}
    assert verdict(trashed["owner"], "board.view") == verdict(trashed["owner"], "board.restore") == "allowed"
    assert verdict(trashed["owner"], "board.join") == "not_found"
    for permission in ("board.draw", "board.grant", "board.archive", "board.duplicate", "board.link"):
        assert verdict(trashed["owner"], permission) == "conflict"


def test_on_an_archived_board_everybody_is_a_viewer_live() -> None:
    assert given("owner", archived=True).live_role == "viewer"
    assert given("owner").live_role == "owner"
