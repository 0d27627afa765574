"""Who may do what: the table as the edge's public contract states it."""

import pytest

from schemas.permissions import BOARD_ROLES, PERMISSIONS, RANK, WORKSPACE_ROLES, allows, highest, parse
from schemas.registry import registry

EVERYBODY_ON_A_BOARD = {"owner", "editor", "commenter", "viewer"}
CONTRACT = {
    "board.view": EVERYBODY_ON_A_BOARD,
    "board.join": EVERYBODY_ON_A_BOARD,
    "board.export": EVERYBODY_ON_A_BOARD,
    "board.duplicate": EVERYBODY_ON_A_BOARD,
    "board.history": EVERYBODY_ON_A_BOARD,
    "board.comment": {"owner", "editor", "commenter"},
    "board.draw": {"owner", "editor"},
    "board.rename": {"owner", "editor"},
    "board.version": {"owner", "editor"},
    "board.upload": {"owner", "editor"},
    "board.grant": {"owner"},
    "board.link": {"owner"},
    "board.list_grants": {"owner"},
    "board.explain": {"owner"},
    "board.template": {"owner"},
    "board.view_reports": {"owner"},
    "board.archive": {"owner"},
    "board.trash": {"owner"},
    "board.restore": {"owner"},
    "workspace.create_board": {"admin", "manager", "agent", "user"},
    "workspace.see_members": {"admin", "manager", "agent", "user"},
    "workspace.audit": {"admin"},
    "workspace.view_reports": {"admin", "manager"},
    "workspace.invite": {"admin", "manager"},
    "workspace.rename": {"admin"},
    "workspace.change_role": {"admin"},
    "workspace.remove_member": {"admin"},
    "workspace.explain": {"admin"},
    "workspace.webhooks": {"admin"},
}


@pytest.mark.parametrize("permission", sorted(PERMISSIONS | CONTRACT))
def test_exactly_these_roles_hold_it(permission: str) -> None:
    held = {role for role in (*BOARD_ROLES, *WORKSPACE_ROLES) if allows(permission, role)}

    assert held == CONTRACT[permission]
    assert not allows(permission, None)
    assert not allows(permission, "king")


def test_an_unknown_permission_is_a_mistake_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        allows("board.burn", "owner")


def test_a_stronger_role_holds_all_that_a_weaker_one_does() -> None:
    for permission in PERMISSIONS:
        if permission.startswith("board."):
            holds = [allows(permission, role) for role in sorted(RANK, key=RANK.__getitem__)]
            assert holds == sorted(holds)


def test_the_highest_of_several_roles() -> None:
    assert highest(["viewer", "editor", "commenter"]) == "editor"
    assert highest(["viewer", None, "king", "admin"]) == "viewer"
    assert highest([None]) is None
    assert highest([]) is None
    assert RANK["owner"] > RANK["editor"] > RANK["commenter"] > RANK["viewer"]


def test_the_schemas_offer_the_roles_of_the_table() -> None:
    assert registry().get("boards.grant_role").schema["$defs"]["board_role"]["enum"] == list(BOARD_ROLES)
    assert registry().get("workspaces.member_joined").schema["$defs"]["workspace_role"]["enum"] == list(WORKSPACE_ROLES)


@pytest.mark.parametrize(
    "text", ["x.y: [owner]", "board.x: [admin]", "board.x: []", "board.x: owner", "workspace.x: [owner]"]
)
def test_a_table_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]+\.[a-z]+: "):
        parse(text)


def test_the_strongest_of_roles_is_found_whatever_gives_them_one_by_one() -> None:
    assert highest(role for role in ("viewer", "editor", None)) == "editor"
    assert highest(iter(["viewer"])) == "viewer"
    assert highest(()) is None
