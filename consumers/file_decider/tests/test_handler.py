"""The rules of files, without tables or a bus."""

from dataclasses import replace
from typing import Any

import pytest

from consumers.file_decider.handler import RULES, decide
from consumers.file_decider.state import Board, File, State, Status
from schemas.envelope import Envelope
from schemas.ids import new_id
from schemas.permissions import BOARD_ROLES, BoardRole
from schemas.registry import registry
from topics.decisions import Decision

ADA, BOARD, COPY, FILE = (new_id() for _ in range(4))
SHA = "ab" * 32
TOLD = {"board_id": BOARD, "file_id": FILE, "name": "birds.png", "mime": "image/png", "size": 100, "sha256": SHA}
NAMED = {"board_id": BOARD, "file_id": FILE}
GOOD = {**NAMED, "reason": None, "width": 64, "height": 48, "thumbnail": True}
BAD = {**GOOD, "reason": {"path": "/mime", "message": "is something else"}, "width": None, "thumbnail": False}


def board(role: BoardRole | None = "editor", **more: Any) -> Board:
    return Board(**{"board_id": BOARD, "workspace_id": new_id(), "archived": False, "trashed": False, "hidden": False, "created_by": new_id(), "role": role, **more})  # fmt: skip


def file(status: Status) -> File:
    return File(FILE, BOARD, "image/png", 100, SHA, status)


def said(name: str, data: Any, state: State, actor: str | None = ADA) -> Decision:
    mt = registry().get(f"files.{name}")
    envelope = Envelope(
        id=new_id(),
        type=mt.name,
        source="test",
        time="2026-01-02T03:04:05.678Z",
        subject=BOARD,
        dataschema=mt.dataschema,
        correlationid=new_id(),
        actor=actor,
    )
    return decide(mt.name, data, envelope, state)


def outcome(decision: Decision) -> str:
    return decision.refusal.code if decision.refusal else ",".join(fact.type.removeprefix("files.") for fact in decision.facts)  # fmt: skip


def test_every_action_of_the_topic_has_a_rule() -> None:
    assert set(RULES) == {mt.name for mt in registry().of_topic("files.actions")}


@pytest.mark.parametrize("role", [*BOARD_ROLES, None])
def test_who_may_upload(role: BoardRole | None) -> None:
    expected = {"owner": "file_requested", "editor": "file_requested", None: "not_found"}.get(role, "forbidden")

    assert outcome(said("request_upload", TOLD, State(board(role)))) == expected


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State(None), "not_found"),
        (State(board("editor", trashed=True)), "not_found"),
        (State(board("owner", trashed=True)), "conflict"),
        (State(board("editor", archived=True)), "conflict"),
        (State(board("viewer", archived=True)), "forbidden"),
        (State(board("owner", hidden=True)), "not_found"),
        (State(board(None, hidden=True, created_by=ADA)), "file_requested"),
        (State(board(), file=file("requested")), "conflict"),
    ],
)
def test_the_state_of_the_board_and_of_the_file_decide_too(state: State, code: str) -> None:
    assert outcome(said("request_upload", TOLD, state)) == code


def test_nobody_uploads_without_being_somebody() -> None:
    assert outcome(said("request_upload", TOLD, State(board()), actor=None)) == "unauthenticated"


def test_the_quota_counts_to_the_byte_and_names_the_size() -> None:
    fits = said("request_upload", TOLD, State(board(), used_bytes=900, quota_bytes=1000))
    over = said("request_upload", TOLD, State(board(), used_bytes=901, quota_bytes=1000))
    unlimited = said("request_upload", TOLD, State(board(), used_bytes=10**12, quota_bytes=0))

    assert (outcome(fits), outcome(over), outcome(unlimited)) == ("file_requested", "conflict", "file_requested")
    assert over.refusal is not None
    assert [problem.path for problem in over.refusal.errors] == ["/size"]


def test_an_address_to_upload_to_is_good_for_as_long_as_the_setting_says() -> None:
    [fact] = said("request_upload", TOLD, State(board(), revision=7, upload_seconds=60)).facts

    assert fact.data == {**TOLD, "expires_at": "2026-01-02T03:05:05.678Z", "revision": 8}


@pytest.mark.parametrize(
    ("status", "completed", "settled", "unfinished", "orphan"),
    [
        ("requested", "file_uploaded", "", "file_deleted", ""),
        ("checking", "", "file_ready", "file_deleted", ""),
        ("ready", "", "", "", "file_deleted"),
        ("rejected", "", "", "", ""),
        ("deleted", "not_found", "not_found", "not_found", "not_found"),
    ],
)
def test_a_file_goes_one_way_whoever_says_what_twice(
    status: Status, completed: str, settled: str, unfinished: str, orphan: str
) -> None:
    state = State(board(), file=file(status))

    assert outcome(said("complete_upload", NAMED, state)) == completed
    assert outcome(said("settle_file", GOOD, state, actor=None)) == settled
    assert outcome(said("delete_file", {**NAMED, "why": "unfinished"}, state, actor=None)) == unfinished
    assert outcome(said("delete_file", {**NAMED, "why": "orphan"}, state, actor=None)) == orphan


def test_a_finding_becomes_what_everybody_is_told() -> None:
    state = State(board(), revision=2, file=file("checking"))

    [ready] = said("settle_file", GOOD, state).facts
    [rejected] = said("settle_file", BAD, state).facts

    found = {"mime": "image/png", "size": 100, "sha256": SHA, "width": 64, "height": 48, "thumbnail": True}
    assert ready.data == {**NAMED, **found, "revision": 3}
    assert rejected.data == {**NAMED, "path": "/mime", "message": "is something else", "revision": 3}


def test_completing_takes_the_right_to_upload() -> None:
    assert outcome(said("complete_upload", NAMED, State(board("viewer"), file=file("requested")))) == "forbidden"
    assert outcome(said("complete_upload", NAMED, State(board(), file=None))) == "not_found"


def test_a_copy_gets_what_its_source_shows_and_nothing_else() -> None:
    other = new_id()
    data = {"board_id": COPY, "source_board_id": BOARD, "file_ids": [FILE, other, FILE]}
    here = replace(board(None), board_id=COPY, hidden=True, created_by=ADA)
    state = State(here, source=board("viewer"), shareable=frozenset({FILE}))

    [fact] = said("share_files", data, state).facts

    assert fact.data["file_ids"] == [FILE]
    assert said("share_files", data, replace(state, shareable=frozenset())) == Decision()
    assert outcome(said("share_files", data, replace(state, source=board(None)))) == "not_found"
    assert outcome(said("share_files", data, replace(state, source=None))) == "not_found"
    assert outcome(said("share_files", data, replace(state, board=replace(here, created_by=new_id())))) == "not_found"
