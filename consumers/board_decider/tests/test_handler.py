"""The rules of boards, as a table of decisions: who may, in which condition, and what is told."""

from dataclasses import replace
from itertools import product

import pytest

from consumers.board_decider.handler import ASKED_BY_OURSELVES, FOLLOWED, RULES, follow
from consumers.board_decider.state import Board, Standing, State
from consumers.board_decider.tests.deciding import (
    ADA,
    BOARD,
    BOARD_ID,
    COPY_ID,
    EVE,
    GRACE,
    LINK,
    LINK_ID,
    NOW,
    POSITION,
    VERSION_ID,
    WORKSPACE,
    code,
    make,
    only,
    state,
)
from schemas import codec
from schemas.permissions import BOARD_ROLES, BoardRole, allows
from schemas.registry import registry
from topics.decisions import Decision

# One good call of each action on a board that is there.
CALLS: dict[str, dict[str, object]] = {
    "rename_board": {"title": "Line"},
    "set_template": {"template": True},
    "archive_board": {},
    "trash_board": {},
    "restore_board": {},
    "grant_role": {"user_id": EVE, "role": "viewer"},
    "revoke_role": {"user_id": GRACE},
    "create_link": {"link_id": LINK_ID, "role": "viewer"},
    "revoke_link": {"link_id": LINK_ID},
    "save_version": {"version_id": LINK_ID, "name": "Now", "position": POSITION},
    "rename_version": {"version_id": VERSION_ID, "name": "Then"},
    "delete_version": {"version_id": VERSION_ID},
    "restore_version": {"version_id": VERSION_ID, "position": POSITION},
}
PERMISSION = {
    "rename_board": "board.rename",
    "set_template": "board.template",
    "archive_board": "board.archive",
    "trash_board": "board.trash",
    "restore_board": "board.restore",
    "grant_role": "board.grant",
    "revoke_role": "board.grant",
    "create_link": "board.link",
    "revoke_link": "board.link",
    "save_version": "board.version",
    "rename_version": "board.version",
    "delete_version": "board.version",
    "restore_version": "board.version",
}


def test_every_action_of_the_topic_has_a_rule() -> None:
    assert set(RULES) == {mt.name for mt in registry().of_topic("boards.actions")}


def test_the_permissions_are_those_that_the_edge_asks_for() -> None:
    for name, permission in PERMISSION.items():
        allow = registry().get(f"boards.{name}").allow
        # Anybody may leave: the edge lets every role through, and the rule is here.
        assert allow is not None
        assert allow.permission == permission or name == "revoke_role"


@pytest.mark.parametrize(("name", "role"), list(product(CALLS, [*BOARD_ROLES, None])))
def test_every_role_and_every_action(name: str, role: BoardRole | None) -> None:
    decision = make(name, state(role), actor=EVE, **CALLS[name])

    if role is None:
        assert code(decision) == "not_found"
    elif allows(PERMISSION[name], role):
        assert code(decision) is None
    else:
        assert code(decision) == "forbidden"


@pytest.mark.parametrize(("name", "role"), list(product(CALLS, [*BOARD_ROLES, None])))
def test_on_a_trashed_board_owners_restore_and_for_others_there_is_none(name: str, role: BoardRole | None) -> None:
    decision = make(name, state(role, board=replace(BOARD, trashed=True)), actor=EVE, **CALLS[name])

    if role != "owner":
        assert code(decision) == "not_found"
    else:
        assert code(decision) == (None if name == "restore_board" else "conflict")


@pytest.mark.parametrize(("name", "role"), list(product(CALLS, BOARD_ROLES)))
def test_on_an_archived_board_nobody_renames_or_versions_and_the_rest_works(name: str, role: BoardRole) -> None:
    decision = make(name, state(role, board=replace(BOARD, archived=True)), actor=EVE, **CALLS[name])

    if not allows(PERMISSION[name], role):
        assert code(decision) == "forbidden", "before any conflict"
    else:
        closed = PERMISSION[name] in ("board.rename", "board.version")
        assert code(decision) == ("conflict" if closed else None)


@pytest.mark.parametrize("name", CALLS)
def test_a_hidden_board_is_there_for_nobody(name: str) -> None:
    hidden = make(name, state("owner", board=replace(BOARD, hidden=True)), **CALLS[name])

    assert code(hidden) == "not_found"
    assert str(hidden.refusal) == str(make(name, State(), **CALLS[name]).refusal)


@pytest.mark.parametrize("name", CALLS)
def test_no_role_and_no_board_are_the_same_answer(name: str) -> None:
    without_role = make(name, state(None), actor=EVE, **CALLS[name]).refusal
    without_board = make(name, State(), actor=EVE, **CALLS[name]).refusal

    assert str(without_role) == str(without_board)


@pytest.mark.parametrize("name", sorted(set(RULES) - ASKED_BY_OURSELVES))
def test_an_action_without_an_actor_is_refused(name: str) -> None:
    mt = registry().get(name)
    data = {key: value for key, value in mt.examples[0].items() if key != "board_id"}

    assert code(make(mt.name.partition(".")[2], state(), actor=None, **data)) == "unauthenticated"


def test_a_board_is_made_in_the_workspace_that_was_found() -> None:
    decision = make("create_board", State(workspace_id=WORKSPACE), title="Plane")

    (fact,) = decision.facts
    assert fact.data == {
        "board_id": BOARD_ID,
        "workspace_id": WORKSPACE,
        "title": "Plane",
        "created_by": ADA,
        "hidden": False,
        "revision": 1,
    }
    assert decision.workspace == WORKSPACE


@pytest.mark.parametrize(
    ("before", "via", "expected"),
    [
        (State(), None, "not_found"),
        (State(workspace_id=WORKSPACE), LINK_ID, "forbidden"),
        (state(), None, "conflict"),
    ],
)
def test_a_board_that_cannot_be_made(before: State, via: str | None, expected: str) -> None:
    assert code(make("create_board", before, via=via, title="Plane")) == expected


@pytest.mark.parametrize("role", BOARD_ROLES)
@pytest.mark.parametrize("archived", [False, True])
def test_everybody_with_a_role_may_copy_a_board(role: BoardRole, archived: bool) -> None:
    before = State(
        source=replace(BOARD, archived=archived), source_standing=Standing(grant=role), workspace_id=WORKSPACE
    )

    (fact,) = make("duplicate_board", before, board_id=COPY_ID, source_board_id=BOARD_ID).facts

    assert (fact.data["title"], fact.data["hidden"], fact.data["board_id"]) == ("Plane (copy)", True, COPY_ID)


@pytest.mark.parametrize(("length", "end"), [(193, "x (copy)"), (195, "x (cop"), (200, "xx")])
def test_the_title_of_a_copy_is_cut(length: int, end: str) -> None:
    before = State(
        source=replace(BOARD, title="x" * length), source_standing=Standing(grant="viewer"), workspace_id=WORKSPACE
    )

    (fact,) = make("duplicate_board", before, board_id=COPY_ID, source_board_id=BOARD_ID).facts

    assert len(fact.data["title"]) <= 200
    assert fact.data["title"].endswith(end)


@pytest.mark.parametrize(
    ("source", "standing", "via", "expected"),
    [
        (None, Standing(), None, "not_found"),
        (BOARD, Standing(), None, "not_found"),
        (replace(BOARD, trashed=True), Standing(grant="editor"), None, "not_found"),
        (replace(BOARD, trashed=True), Standing(grant="owner"), None, "conflict"),
        (replace(BOARD, hidden=True), Standing(grant="owner"), None, "not_found"),
        (BOARD, Standing(links=(LINK,)), LINK_ID, "forbidden"),
    ],
)
def test_a_copy_that_cannot_be_made(source: Board, standing: Standing, via: str | None, expected: str) -> None:
    before = State(source=source, source_standing=standing, workspace_id=WORKSPACE)

    assert code(make("duplicate_board", before, via=via, board_id=COPY_ID, source_board_id=BOARD_ID)) == expected


def test_a_copy_goes_only_where_one_is_a_member() -> None:
    before = State(source=BOARD, source_standing=Standing(grant="viewer"))

    assert code(make("duplicate_board", before, board_id=COPY_ID, source_board_id=BOARD_ID)) == "not_found"


def test_a_hidden_board_is_revealed_by_its_maker_alone_and_once() -> None:
    hidden = state(board=replace(BOARD, hidden=True))

    assert only(make("reveal_board", hidden)) == ("board_revealed", {})
    assert make("reveal_board", state()) == Decision()
    assert code(make("reveal_board", hidden, actor=GRACE)) == "not_found"
    assert code(make("reveal_board", state(board=replace(BOARD, hidden=True, trashed=True)))) == "not_found"
    assert code(make("reveal_board", State())) == "not_found"


def test_what_is_so_already_is_fine_and_says_nothing() -> None:
    for name, before, data in (
        ("rename_board", state(), {"title": "Plane"}),
        ("archive_board", state(board=replace(BOARD, archived=True)), {}),
        ("restore_board", state(), {}),
        ("grant_role", state(), {"user_id": GRACE, "role": "editor"}),
        ("revoke_link", state(link=replace(LINK, revoked=True)), {"link_id": LINK_ID}),
    ):
        assert make(name, before, **data) == Decision(), name


def test_a_restore_takes_out_of_the_trash_before_out_of_the_archive() -> None:
    both = state(board=replace(BOARD, archived=True, trashed=True))
    archived = state(board=replace(BOARD, archived=True))

    assert only(make("restore_board", both)) == ("board_restored", {"from": "trash"})
    assert only(make("restore_board", archived)) == ("board_restored", {"from": "archive"})


@pytest.mark.parametrize("name", sorted(ASKED_BY_OURSELVES))
def test_what_we_ask_ourselves_about_a_board_that_is_not_there_is_nothing(name: str) -> None:
    subject = {
        "boards.forget_person": {"user_id": ADA},
        "boards.abandon_board": {"workspace_id": WORKSPACE},
        "boards.keep_version": {"version_id": VERSION_ID},
    }[name]

    assert make(name.partition(".")[2], State(), **subject) == Decision()


def test_a_board_without_its_workspace_stays_with_those_who_have_a_role_on_it() -> None:
    alone = state(grants={})

    assert only(make("abandon_board", alone, workspace_id=WORKSPACE)) == ("board_trashed", {})
    assert make("abandon_board", state(), workspace_id=WORKSPACE) == Decision()
    trashed = replace(alone, board=replace(BOARD, trashed=True))
    assert make("abandon_board", trashed, workspace_id=WORKSPACE) == Decision()
    lives = replace(alone, workspace_lives=True)
    assert code(make("abandon_board", lives, workspace_id=WORKSPACE)) == "forbidden"
    assert code(make("abandon_board", alone, workspace_id=EVE)) == "forbidden"


def test_the_end_of_a_person_or_workspace_is_asked_of_every_board_concerned() -> None:
    boards = (BOARD_ID, COPY_ID)

    erased = follow("identity.user_erased", {"user_id": ADA}, boards)
    deleted = follow("workspaces.workspace_deleted", {"workspace_id": WORKSPACE}, boards)

    assert {"identity.user_erased", "workspaces.workspace_deleted"} == FOLLOWED
    for decision, name, subject in (
        (erased, "boards.forget_person", {"user_id": ADA}),
        (deleted, "boards.abandon_board", {"workspace_id": WORKSPACE}),
    ):
        assert [(ask.type, ask.data) for ask in decision.asks] == [
            (name, {"board_id": board_id, **subject}) for board_id in boards
        ]
        for ask in decision.asks:
            codec.validate(registry().get(ask.type), dict(ask.data))


def test_a_template_is_one_once_and_its_copy_may_have_a_title() -> None:
    template = replace(BOARD, template=True)

    assert [each.type for each in make("set_template", state(), template=True).facts] == ["boards.template_set"]
    assert make("set_template", state(board=template), template=True).facts == ()
    [unset] = make("set_template", state(board=template), template=False).facts
    assert unset.data["template"] is False
    reader = Standing(template_reader=True)
    assert reader.role(NOW) == "viewer"
    copied = State(source=template, source_standing=reader, workspace_id=WORKSPACE)
    [made] = make("duplicate_board", copied, board_id=COPY_ID, source_board_id=BOARD_ID, title="Retro, May").facts
    assert made.data["title"] == "Retro, May"
