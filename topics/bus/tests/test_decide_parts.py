"""The parts of the `decide` engine that need neither Kafka nor PostgreSQL."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from schemas import codec
from schemas.envelope import Envelope, from_headers
from schemas.ids import fact_id
from schemas.problems import DataInvalid, Problem
from schemas.registry import registry
from tests.hostile.records import good
from topics.bus import decide_records
from topics.bus.decide_batch import Batch
from topics.bus.decide_entries import Entry
from topics.bus.decide_locks import lock_key
from topics.bus.decide_outbox import Row, waves
from topics.bus.decide_records import ANSWER_INDEX, Outgoing, answer_of, outgoing, refusal, reply
from topics.bus.decide_retention import inbox_seconds
from topics.bus.failure import Death, Deaths
from topics.bus.manifest import DeadLetterLimit, Manifest
from topics.bus.records import decode
from topics.decisions import Ask, Decision, Fact, Tombstone, numbered, refuse
from topics.errors import Halt, Reject

BOARD_ID, USER_ID, ACTION_ID = (f"01980c5e-000{number}-7a10-8f2e-3c4d5e6f7081" for number in (5, 1, 8))
CAUSE = Envelope(
    id=ACTION_ID,
    type="boards.rename_board",
    source="edge",
    time="2026-03-01T12:00:00.000Z",
    subject=BOARD_ID,
    dataschema="boards.rename_board/1",
    correlationid=ACTION_ID,
    actor=USER_ID,
    via="01980c5e-0006-7a10-8f2e-3c4d5e6f7081",
    session="01980c5e-0007-7a10-8f2e-3c4d5e6f7081",
    replyto="platform.replies/7",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    idempotencykey="k",
    fingerprint="f",
)
RENAMED = Fact("boards.board_renamed", {"board_id": BOARD_ID, "title": "Plane", "revision": 2})


def envelopes(records: list[Outgoing]) -> list[Envelope]:
    return [from_headers(record.headers) for record in records]


def row(id_: int, topic: str, key: str) -> Row:
    return Row(id_, Outgoing(topic, key.encode(), [], b"{}"))


def test_records_carry_on_the_envelope_and_leave_the_request_behind() -> None:
    (record,) = outgoing(CAUSE, Decision(facts=(RENAMED,), workspace=USER_ID), "board_decider")

    (envelope,) = envelopes([record])
    assert (record.topic, record.key, codec.decode(record.value or b"")) == (
        "boards.facts",
        BOARD_ID.encode(),
        dict(RENAMED.data),
    )
    assert (envelope.id, envelope.causationid, envelope.correlationid) == (fact_id(ACTION_ID, 0), ACTION_ID, ACTION_ID)
    assert (envelope.actor, envelope.via, envelope.workspace) == (CAUSE.actor, CAUSE.via, USER_ID)
    assert envelope.session == CAUSE.session
    assert (envelope.time, envelope.traceparent) == (CAUSE.time, CAUSE.traceparent)
    assert (envelope.source, envelope.replyto, envelope.idempotencykey, envelope.fingerprint) == (
        "board_decider",
        None,
        None,
        None,
    )


def test_the_same_decision_gives_the_same_bytes() -> None:
    decision = Decision(
        facts=(RENAMED, RENAMED),
        asks=(Ask("boards.trash_board", {"board_id": BOARD_ID}),),
        tombstones=(Tombstone("identity.people", USER_ID),),
    )

    assert outgoing(CAUSE, decision, "x") == outgoing(CAUSE, decision, "x")
    ids = [envelope.id for envelope in envelopes(outgoing(CAUSE, decision, "x"))]
    assert ids == [fact_id(ACTION_ID, index) for index in range(4)]
    assert fact_id(ACTION_ID, ANSWER_INDEX) not in ids


def test_two_that_follow_one_fact_do_not_give_the_same_id_to_different_things() -> None:
    fact = replace(CAUSE, type="identity.user_erased", subject=USER_ID, dataschema="identity.user_erased/1")
    asks = Decision(asks=(Ask("boards.trash_board", {"board_id": BOARD_ID}),))

    one, two = (envelopes(outgoing(fact, asks, source)) for source in ("board_decider", "workspace_decider"))

    assert one[0].id != two[0].id
    assert one == envelopes(outgoing(fact, asks, "board_decider"))


def test_a_tombstone_is_an_envelope_without_a_value() -> None:
    (record,) = outgoing(CAUSE, Decision(tombstones=(Tombstone("identity.people", USER_ID),)), "x")

    assert (record.topic, record.key, record.value) == ("identity.people", USER_ID.encode(), None)
    assert envelopes([record])[0].type == "identity.person"


@pytest.mark.parametrize(
    ("decision", "error"),
    [
        (Decision(facts=(Fact("boards.board_renamed", {"board_id": BOARD_ID, "revision": 1}),)), DataInvalid),
        (Decision(facts=(Fact("boards.draw", registry().get("boards.draw").examples[0]),)), ValueError),
        (Decision(tombstones=(Tombstone("boards.facts", BOARD_ID),)), ValueError),
    ],
)
def test_what_could_not_be_published_is_not_decided(decision: Decision, error: type[Exception]) -> None:
    with pytest.raises(error):
        outgoing(CAUSE, decision, "x")


def test_a_record_larger_than_its_topic_takes_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_records, "catalog", lambda: {"boards.facts": type("Small", (), {"max_message": 100})})

    with pytest.raises(ValueError, match=r"larger than boards\.facts takes \(100\)"):
        outgoing(CAUSE, Decision(facts=(RENAMED,)), "x")


def test_an_answer_holds_facts_and_no_states() -> None:
    person = Fact("identity.person", dict(registry().get("identity.person").examples[0]))

    assert answer_of(Decision(facts=(person, RENAMED))) == {
        "status": "accepted",
        "facts": [{"type": RENAMED.type, "data": dict(RENAMED.data)}],
    }


def test_a_refusal_says_why_and_where_and_may_have_facts() -> None:
    reason = Reject("conflict", "Taken.", (Problem("/title", "is taken"),))

    assert answer_of(refuse(reason)) == {
        "status": "rejected",
        "facts": [],
        "code": "conflict",
        "detail": "Taken.",
        "errors": [{"path": "/title", "message": "is taken"}],
    }
    assert len(answer_of(Decision(facts=(RENAMED,), refusal=reason))["facts"]) == 1


def test_an_answer_fits_its_schema_whatever_was_decided() -> None:
    many = Decision(facts=(RENAMED,) * 5000)
    wordy = refuse(Reject("gone", "x" * 5000, [Problem("/" + "x" * 5000, "y" * 5000)] * 500))

    for decision in (many, wordy):
        assert reply(CAUSE, answer_of(decision), "x", 12) is not None


@pytest.mark.parametrize(
    ("replyto", "partition"),
    [
        ("platform.replies/7", 7),
        ("platform.replies/11", 11),
        ("platform.replies/12", None),
        ("boards.facts/1", None),
        (None, None),
    ],
)
def test_an_answer_goes_where_an_edge_can_wait(replyto: str | None, partition: int | None) -> None:
    record = reply(replace(CAUSE, replyto=replyto), refusal(Reject("gone", "x")), "x", 12)

    assert (record.target_partition if record is not None else None) == partition


def test_a_wave_holds_each_key_once_and_answers_come_last() -> None:
    rows = [
        row(1, "boards.facts", "a"),
        row(2, "replies", "1"),
        row(3, "boards.facts", "a"),
        row(4, "identity.facts", "a"),
        row(5, "boards.facts", "b"),
        row(6, "replies", "2"),
        row(7, "boards.facts", "a"),
    ]

    found = [[each.id for each in wave] for wave in waves(rows, "replies")]

    assert found == [[1, 4, 5], [3], [7], [2, 6]]
    assert waves([], "replies") == []


def test_revisions_go_on_after_the_last_one() -> None:
    facts = numbered(4, [Fact("a.b", {}), Fact("a.c", {})])

    assert [fact.data["revision"] for fact in facts] == [5, 6]


def test_a_lock_is_the_same_number_everywhere() -> None:
    # Written down: an edge of one release and a decider of the next must mean the same.
    assert lock_key("board:x") == -5862125956498370961
    assert -(2**63) <= lock_key("board:y") < 2**63


def test_answers_are_kept_longer_than_actions() -> None:
    manifest = Manifest(name="keeper", about="x", engine="decide", reads=("boards.actions", "identity.facts"))

    assert inbox_seconds(manifest) >= 2 * 7 * 86400


async def test_what_is_passed_over_was_read_so_dead_letters_around_it_are_not_in_a_row() -> None:
    record = good(registry().get("boards.board_renamed"))
    deaths = Deaths(DeadLetterLimit(consecutive=2, ratio=1.0, window=100))
    batch = Batch(context=None, decider=SimpleNamespace(handles=frozenset()), replies=1, reached=None, deaths=deaths)

    for _ in range(5):
        deaths.died(Death("malformed", "junk"))
        assert await batch._one(None, Entry(record, decode(record, "g1")), savepoints=False) == []

    deaths.died(Death("malformed", "junk"))
    deaths.died(Death("malformed", "junk"))
    with pytest.raises(Halt):
        deaths.died(Death("malformed", "junk"))
