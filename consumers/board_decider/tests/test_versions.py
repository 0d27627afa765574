"""The rules of versions: what is kept, by whom, and what goes again."""

from dataclasses import replace
from datetime import timedelta

from consumers.board_decider.state import Content, Standing, State, Version
from consumers.board_decider.tests.test_handler import (
    ADA,
    BOARD,
    BOARD_ID,
    COPY_ID,
    LINK_ID,
    NOW,
    POSITION,
    VERSION_ID,
    code,
    make,
    only,
    state,
)
from consumers.board_decider.versions import MOST_SAVED
from schemas.models.boards import Position
from topics.decisions import Decision

LAST = Position(log="a", partition=1, offset=20, index=2**31 - 1)
CONTENT = Content(LAST, elements=3, bytes=900, changes=2)
NEW_ID = "01980c5e-000a-7a10-8f2e-3c4d5e6f70ff"


def automatic(number: int, age: timedelta, name: str | None = None) -> Version:
    return Version(f"01980c5e-000b-7a10-8f2e-{number:012x}", name, "automatic", NOW - age)


def kept(before: State) -> Decision:
    return make("keep_version", before, actor=None, version_id=NEW_ID)


def test_a_version_is_what_the_store_has_and_who_saved_it() -> None:
    saved = make("save_version", state(content=CONTENT), version_id=NEW_ID, name="Готово", position=POSITION)

    assert only(saved) == (
        "version_saved",
        {
            "version_id": NEW_ID,
            "name": "Готово",
            "kind": "saved",
            "position": LAST,
            "elements": 3,
            "bytes": 900,
            "changes": 2,
            "created_by": ADA,
        },
    )


def test_a_version_of_a_board_without_a_stroke_stands_where_the_log_was() -> None:
    _, told = only(make("save_version", state(), version_id=NEW_ID, position=POSITION))

    assert (told["position"], told["elements"], told["name"]) == (POSITION, 0, None)


def test_an_earlier_state_is_kept_with_what_was_there() -> None:
    past = {"at": "2026-02-01T00:00:00Z", "position": POSITION, "content": {"elements": 1, "bytes": 300}}

    _, told = only(make("save_version", state(content=CONTENT), version_id=NEW_ID, **past))

    assert (told["position"], told["elements"], told["bytes"], told["changes"]) == (POSITION, 1, 300, 0)


def test_an_archived_board_keeps_the_versions_that_it_has() -> None:
    archived = state(board=replace(BOARD, archived=True), content=CONTENT)

    for name, more in {
        "save_version": {"version_id": NEW_ID, "position": POSITION},
        "rename_version": {"version_id": VERSION_ID, "name": "x"},
        "delete_version": {"version_id": VERSION_ID},
        "restore_version": {"version_id": VERSION_ID, "position": POSITION},
    }.items():
        assert code(make(name, archived, **more)) == "conflict", name


def test_a_version_of_another_board_is_not_found() -> None:
    for name, more in {
        "rename_version": {"name": "x"},
        "delete_version": {},
        "restore_version": {"position": POSITION},
    }.items():
        assert code(make(name, state(), version_id=NEW_ID, **more)) == "not_found", name


def test_the_same_name_again_tells_nothing() -> None:
    assert make("rename_version", state(), version_id=VERSION_ID, name="Before") == Decision()


def test_a_board_keeps_only_so_many_versions_that_people_saved() -> None:
    many = tuple(replace(automatic(number, timedelta()), kind="saved") for number in range(MOST_SAVED))

    assert code(make("save_version", state(versions=many), version_id=NEW_ID, position=POSITION)) == "conflict"


def test_a_restoring_is_told_with_who_did_it() -> None:
    restored = make("restore_version", state(), version_id=VERSION_ID, position=POSITION)

    assert only(restored) == (
        "version_restored",
        {"version_id": VERSION_ID, "restored_by": ADA, "position": POSITION},
    )


def test_a_version_is_kept_by_itself_where_something_changed() -> None:
    _, told = only(kept(state(None, content=CONTENT)))

    assert (told["kind"], told["name"], told["created_by"], told["position"]) == ("automatic", None, None, LAST)
    assert kept(state(None, content=replace(CONTENT, changes=0))) == Decision(), "asked twice"
    assert kept(state(None)) == Decision(), "nothing was ever drawn"


def test_nothing_is_kept_of_a_board_that_nobody_sees() -> None:
    for board in (None, replace(BOARD, trashed=True), replace(BOARD, hidden=True)):
        assert kept(state(None, board=board, content=CONTENT)) == Decision()


def test_automatic_versions_go_when_they_are_old_and_those_with_a_name_stay() -> None:
    old = timedelta(days=30)
    versions = (
        automatic(1, old),
        automatic(2, old + timedelta(minutes=5)),
        automatic(3, old + timedelta(minutes=6), "Named"),
        replace(automatic(4, old + timedelta(minutes=7)), kind="saved"),
    )

    decision = kept(state(None, versions=versions, content=CONTENT))

    assert [fact.type.partition(".")[2] for fact in decision.facts] == ["version_saved", "version_deleted"]
    assert decision.facts[1].data["version_id"] == versions[1].version_id
    assert [fact.data["revision"] for fact in decision.facts] == [6, 7]


def test_nobody_asks_for_an_automatic_version_by_name() -> None:
    assert code(make("save_version", state(None), version_id=NEW_ID, position=POSITION)) == "not_found"
    assert code(make("save_version", state("commenter"), version_id=NEW_ID, position=POSITION)) == "forbidden"


def test_a_branch_knows_where_it_comes_from() -> None:
    source = State(source=BOARD, source_standing=Standing(grant="viewer"), workspace_id=BOARD.workspace_id)
    asked = {"source_board_id": BOARD_ID, "at": "x", "position": POSITION}

    made = make("branch_board", source, board_id=COPY_ID, **asked)
    named = make("branch_board", source, board_id=COPY_ID, title="Other end", **asked)

    [fact] = made.facts
    assert fact.data["branched_from"] == {"board_id": BOARD_ID, "position": POSITION}
    assert (fact.data["title"], fact.data["hidden"]) == ("Plane (branch)", True)
    assert named.facts[0].data["title"] == "Other end"
    assert code(make("branch_board", source, board_id=COPY_ID, via=LINK_ID, **asked)) == "forbidden"
    assert (
        code(make("branch_board", replace(source, source_standing=Standing()), board_id=COPY_ID, **asked))
        == "not_found"
    )
