"""The rules of boards, as a table of decisions: who may, in which condition, and what is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from consumers.board_decider.handler import ASKED_BY_OURSELVES, FOLLOWED, RULES, decide, follow
from consumers.board_decider.state import Board, Link, Standing, State, Version
from schemas import codec
from schemas.envelope import Envelope
from schemas.permissions import BOARD_ROLES, BoardRole, allows
from schemas.registry import registry
from topics.decisions import Decision

BOARD_ID, COPY_ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081", "01980c5e-0005-7a10-8f2e-3c4d5e6f7082"
ADA, GRACE, EVE = (f"01980c5e-0001-7a10-8f2e-3c4d5e6f708{number}" for number in (1, 2, 3))
LINK_ID = "01980c5e-0006-7a10-8f2e-3c4d5e6f7081"
WORKSPACE = "01980c5e-0004-7a10-8f2e-3c4d5e6f7081"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BOARD = Board(BOARD_ID, WORKSPACE, "Plane", ADA, archived=False, trashed=False, hidden=False, revision=5)
LINK = Link(LINK_ID, "editor", expires_at=None, revoked=False)
SEALED = {"kid": "k1", "nonce": "AAECAwQFBgcICQoL", "ct": "c2VhbGVkIGluIHRoZSBleGFtcGxlLCBub3QgYSBzZWNyZXQ"}

VERSION_ID = "01980c5e-000a-7a10-8f2e-3c4d5e6f7081"
VERSION = Version(VERSION_ID, "Before", "saved", NOW)
POSITION = {"log": "a", "partition": 1, "offset": 9, "index": 0}

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


def state(role: BoardRole | None = "owner", **more: object) -> State:
    """A board of Ada, with Grace as its editor; the actor has `role` by a grant."""
    before = State(
        board=BOARD,
        standing=Standing(grant=role),
        grants={ADA: "owner", GRACE: "editor"},
        link=LINK,
        known=True,
        workspace_id=WORKSPACE,
        versions=(VERSION,),
    )
    return replace(before, **more)


def make(name: str, before: State, /, *, actor: str | None = ADA, via: str | None = None, **data: object) -> Decision:
    data = {"board_id": BOARD_ID, **data}
    mt = registry().get(f"boards.{name}")
    codec.validate(mt, data)
    envelope = Envelope(
        id="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        type=mt.name,
        source="test",
        time=NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=BOARD_ID,
        dataschema=mt.dataschema,
        correlationid="01980c5e-0008-7a10-8f2e-3c4d5e6f7081",
        actor=actor,
        via=via,
    )
    decision = decide(mt.name, data, envelope, before)
    for fact in decision.facts:
        codec.validate(registry().get(fact.type), dict(fact.data))
    return decision


def code(decision: Decision) -> str | None:
    return decision.refusal.code if decision.refusal is not None else None


def only(decision: Decision) -> tuple[str, dict[str, object]]:
    assert decision.refusal is None
    (fact,) = decision.facts
    assert fact.data["revision"] == 6
    assert fact.data["board_id"] == BOARD_ID
    return fact.type.partition(".")[2], {
        name: value for name, value in fact.data.items() if name not in ("revision", "board_id")
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
