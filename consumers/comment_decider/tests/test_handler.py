"""The rules of comments, as decisions: who may, in which condition, and what is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from consumers.comment_decider.handler import MAX_COMMENTS, MAX_THREADS, RULES, decide, follow
from consumers.comment_decider.state import Board, Comment, Right, State, Thread
from schemas import codec
from schemas.envelope import Envelope
from schemas.permissions import BOARD_ROLES, BoardRole, allows
from schemas.registry import registry
from topics.decisions import Decision

BOARD_ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
ADA, GRACE, EVE = (f"01980c5e-0001-7a10-8f2e-3c4d5e6f708{number}" for number in (1, 2, 3))
THREAD_ID, COMMENT_ID = "01980c5e-0021-7a10-8f2e-3c4d5e6f7081", "01980c5e-0022-7a10-8f2e-3c4d5e6f7081"
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
BOARD = Board(BOARD_ID, "01980c5e-0004-7a10-8f2e-3c4d5e6f7081", archived=False, trashed=False, hidden=False)
THREAD = Thread(THREAD_ID, ADA, resolved=False, length=2)
ANCHOR = {"x": 1.5, "y": -2}

# One good call of each action that a client may send, by the author of what it is about.
CALLS: dict[str, dict[str, object]] = {
    "start_thread": {"comment_id": COMMENT_ID, "anchor": ANCHOR, "text": "Here"},
    "reply": {"comment_id": COMMENT_ID, "text": "Yes"},
    "edit_comment": {"comment_id": COMMENT_ID, "text": "No"},
    "delete_comment": {"comment_id": COMMENT_ID},
    "resolve_thread": {},
    "reopen_thread": {},
    "move_thread": {"anchor": ANCHOR},
}


def state(role: BoardRole | None = "commenter", **more: object) -> State:
    """A thread of Ada with two comments; whoever acts has `role`."""
    before = State(
        board=BOARD,
        rights=() if role is None else (Right(role),),
        revision=7,
        threads=3,
        thread=THREAD,
        comment=Comment(COMMENT_ID, ADA, "Before", ()),
        readers=frozenset({ADA, GRACE}),
    )
    return replace(before, **more)


def act(name: str, seen: State, *, actor: str | None = ADA, **data: object) -> Decision:
    """The decision on an action that its schema admits; so are the facts."""
    mt = registry().get(f"comments.{name}")
    whole = {"board_id": BOARD_ID, "thread_id": THREAD_ID, **CALLS.get(name, {}), **data}
    whole = {field: value for field, value in whole.items() if field in mt.schema["properties"]}
    codec.validate(mt, whole)
    if name == "start_thread":
        seen = replace(seen, thread=None)
    elif name == "reopen_thread" and seen.thread is not None:
        seen = replace(seen, thread=replace(seen.thread, resolved=True))
    envelope = Envelope(
        id=COMMENT_ID,
        type=mt.name,
        source="test",
        time=NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=BOARD_ID,
        dataschema=mt.dataschema,
        correlationid=COMMENT_ID,
        actor=actor,
    )
    decision = decide(mt.name, whole, envelope, seen)
    for fact in decision.facts:
        codec.validate(registry().get(fact.type), dict(fact.data))
    return decision


def code(decision: Decision) -> str | None:
    """The code of a refusal; then nothing is told."""
    assert decision.refusal is None or decision.facts == ()
    return None if decision.refusal is None else decision.refusal.code


def names(decision: Decision) -> list[str]:
    """What is told, without the domain."""
    return [fact.type.partition(".")[2] for fact in decision.facts]


def test_every_rule_has_a_call_here() -> None:
    assert {f"comments.{name}" for name in CALLS} == set(RULES) - {"comments.forget_person", "comments.restore_thread"}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("role", [*BOARD_ROLES, None])
def test_a_role_may_what_the_table_says(name: str, role: BoardRole | None) -> None:
    expected = "not_found" if role is None else None if allows("board.comment", role) else "forbidden"

    assert code(act(name, state(role))) == expected


@pytest.mark.parametrize("name", CALLS)
def test_the_state_of_the_board_is_told_after_the_role(name: str) -> None:
    archived, trashed, hidden = (replace(BOARD, **{condition: True}) for condition in ("archived", "trashed", "hidden"))

    assert code(act(name, state(board=archived))) == "conflict"
    assert code(act(name, state("viewer", board=archived))) == "forbidden"
    assert code(act(name, state("owner", board=trashed))) == "conflict"
    assert code(act(name, state("editor", board=trashed))) == "not_found"
    assert code(act(name, state("owner", board=hidden))) == "not_found"
    assert code(act(name, state("owner", board=None))) == "not_found"


def test_a_link_gives_its_role_until_it_ends() -> None:
    until = state(None, rights=(Right("commenter", NOW + timedelta(seconds=1)),))
    over = state(None, rights=(Right("commenter", NOW), Right("viewer")))

    assert code(act("reply", until)) is None
    assert code(act("reply", over)) == "forbidden"


@pytest.mark.parametrize("name", [name for name in CALLS if name != "start_thread"])
def test_a_thread_of_another_board_does_not_exist(name: str) -> None:
    assert code(act(name, state("owner", thread=None, comment=None))) == "not_found"


@pytest.mark.parametrize("name", ["edit_comment", "delete_comment"])
def test_a_comment_of_another_thread_does_not_exist(name: str) -> None:
    assert code(act(name, state("owner", comment=None))) == "not_found"


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("edit_comment", "owner", "forbidden"),
        ("delete_comment", "editor", "forbidden"),
        ("delete_comment", "owner", None),
        ("move_thread", "commenter", "forbidden"),
        ("move_thread", "editor", None),
        ("resolve_thread", "commenter", None),
    ],
)
def test_what_is_somebody_elses(name: str, role: BoardRole, expected: str | None) -> None:
    assert code(act(name, state(role), actor=GRACE)) == expected


def test_facts_go_on_in_their_numbers_and_in_the_boards_workspace() -> None:
    decision = act("reply", state(thread=replace(THREAD, resolved=True)), mention=[GRACE, GRACE])

    assert names(decision) == ["thread_reopened", "comment_added"]
    assert [fact.data["revision"] for fact in decision.facts] == [8, 9]
    assert decision.facts[1].data["mention"] == [GRACE]
    assert decision.workspace == BOARD.workspace_id


def test_who_may_not_see_the_board_is_not_mentioned() -> None:
    decision = act("start_thread", state(), mention=[GRACE, EVE])

    assert code(decision) == "schema_invalid"
    assert decision.refusal is not None
    assert [problem.path for problem in decision.refusal.errors] == ["/mention/1"]


def test_what_holds_already_tells_nothing() -> None:
    for decision in (
        act("edit_comment", state(), text="Before"),
        act("resolve_thread", state(thread=replace(THREAD, resolved=True))),
        decide_reopened_again(),
    ):
        assert (code(decision), decision.facts) == (None, ())


def decide_reopened_again() -> Decision:
    data = {"board_id": BOARD_ID, "thread_id": THREAD_ID}
    mt = registry().get("comments.reopen_thread")
    envelope = Envelope(
        id=COMMENT_ID,
        type=mt.name,
        source="test",
        time="2026-03-01T12:00:00.000Z",
        subject=BOARD_ID,
        dataschema=mt.dataschema,
        correlationid=COMMENT_ID,
        actor=ADA,
    )
    return decide(mt.name, data, envelope, state())


@pytest.mark.parametrize(("length", "ended"), [(2, False), (1, True)])
def test_the_last_comment_takes_its_thread_along(length: int, ended: bool) -> None:
    [fact] = act("delete_comment", state(thread=replace(THREAD, length=length))).facts

    assert fact.data["thread_ended"] is ended


def test_there_is_an_end_to_threads_and_to_a_thread() -> None:
    assert code(act("start_thread", state(threads=MAX_THREADS))) == "conflict"
    assert code(act("reply", state(thread=replace(THREAD, length=MAX_COMMENTS)))) == "conflict"


def test_nobody_says_nothing() -> None:
    assert code(act("reply", state("owner"), actor=None)) == "unauthenticated"


def test_an_erased_person_is_forgotten_where_he_was() -> None:
    asks = follow({"user_id": ADA}, (BOARD_ID,)).asks
    forgotten = act("forget_person", state(None, board=None, concerned=True), actor=None, user_id=ADA)

    assert [(ask.type, ask.data) for ask in asks] == [
        ("comments.forget_person", {"board_id": BOARD_ID, "user_id": ADA})
    ]
    assert [(fact.type, dict(fact.data)) for fact in forgotten.facts] == [
        ("comments.person_forgotten", {"board_id": BOARD_ID, "user_id": ADA, "revision": 8})
    ]
    assert act("forget_person", state(), actor=None, user_id=ADA).facts == ()
    assert code(act("forget_person", state(present=True, concerned=True), actor=None, user_id=ADA)) == "forbidden"


def test_only_an_operator_brings_a_thread_back_and_what_is_here_stays() -> None:
    kept = [
        {"comment_id": each, "text": "x", "mention": [], "written_at": "2026-01-01T00:00:00Z"}
        for each in (COMMENT_ID, THREAD_ID)
    ]
    data = {"anchor": ANCHOR, "resolved": True, "comments": kept, "names": ["Ada", ""], "proof": "x" * 43}

    [fact] = act("restore_thread", state(None, operator=True, known=frozenset({COMMENT_ID})), **data).facts

    assert [each["comment_id"] for each in fact.data["comments"]] == [THREAD_ID]
    assert "Ada" not in str(fact.data), "a fact names nobody"
    assert code(act("restore_thread", state("owner"), **data)) == "forbidden"
    assert code(act("restore_thread", state("owner", operator=True, board=None), **data)) == "not_found"
    everything = frozenset({COMMENT_ID, THREAD_ID})
    assert act("restore_thread", state(operator=True, known=everything), **data).facts == ()
