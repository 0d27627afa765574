"""Records as anybody might put them on a topic: read, or junk with a reason that a dead letter can carry."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest

from consumers.discovery import manifests
from schemas import codec
from schemas.registry import MessageType, registry
from tests.hostile.mutations import mutations
from tests.hostile.records import STANDING, Bytes, good, headers_of
from tests.hostile.refusals import assert_plain, assert_sendable
from tests.hostile.seeds import seeds
from tests.hostile.texts import texts
from tests.hostile.values import LONG
from topics.bus.dead_letters import PREFIX, DeadLetter, dead_letter, reason_of
from topics.bus.decide_records import refusal, reply
from topics.bus.failure import Death
from topics.bus.message import Message
from topics.bus.publish import _check_size
from topics.bus.records import Junk, decode
from topics.bus.retry import decode_recalled, due_of, recall, retry_letter
from topics.errors import Postpone

READER = manifests()["audit_log"]
# Whatever stands in a record, this much is said about it.
LONGEST_REASON = 64 * 1024
MOST = 60


def said_of(record: Bytes) -> Message | Junk:
    """The message, or why it is none; a message's time can be reckoned with, and what is said of junk is clean."""
    try:
        message = decode(record, "g1")
    except Junk as junk:
        letter = dead_letter(READER, record, Death.of(junk), generation="g1", at_ms=0)
        reason = reason_of(letter.headers)
        _check_size(letter.topic, letter.key, letter.value, letter.headers)
        if junk.envelope is not None:
            reply(junk.envelope, refusal(junk), "tests", 4)
        assert_plain_of(junk)
        assert reason["reason"]
        ours = sum(len(value) for name, value in letter.headers if name.startswith(PREFIX))
        assert ours <= LONGEST_REASON, ours
        return junk
    datetime.fromisoformat(message.envelope.time).timestamp()
    assert not any("\0" in str(getattr(message.envelope, each.name)) for each in fields(message.envelope))
    assert not any("\0" in text for text in texts_of(message.data))
    return message


def texts_of(value: Any) -> Iterator[str]:
    """Every text and name in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in [*value, *value.values()] if isinstance(value, dict) else value:
            yield from texts_of(inner)


def assert_plain_of(junk: Junk) -> None:
    """What is said of junk repeats none of it."""
    for problem in junk.errors:
        assert_plain(problem.message)
        assert_sendable(problem.path)


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("mt", STANDING, ids=lambda mt: mt.dataschema)
def test_a_record_with_a_hostile_body_is_read_or_junk(mt: MessageType, seed: int) -> None:
    record = good(mt)
    assert isinstance(said_of(record), Message)

    for mutation in mutations(codec.read_schema(mt), mt.examples[0], seed, MOST):
        try:
            body = codec.encode(mutation.data)
        except codec.DataInvalid:
            continue  # no JSON: those come below, as bytes
        said_of(replace(record, value=body))
    for why, body in texts(mt.examples[0], seed):
        said = said_of(replace(record, value=body))
        assert isinstance(said, Message) or said.errors or "key" in said.detail, why


@pytest.mark.parametrize("seed", seeds())
def test_a_record_with_a_hostile_envelope_is_read_or_junk(seed: int) -> None:
    for mt in STANDING[seed % 5 :: 5]:
        for why, record in headers_of(good(mt), seed):
            try:
                said_of(record)
            except Exception as fault:
                fault.add_note(f"{mt.dataschema}: {why}")
                raise


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"\0", b"k" * LONG, b"01980c5e-0005-7a10-8f2e-3c4d5e6f7081\n"])
def test_a_record_under_another_key_is_junk_whose_key_is_not_repeated(key: bytes | None) -> None:
    mt = registry().get("boards.rename_board")

    junk = said_of(replace(good(mt), key=key))

    assert isinstance(junk, Junk)
    assert [problem.path for problem in junk.errors] == ["/board_id"]
    assert len(junk.detail) < 200


def test_a_record_on_a_topic_of_others_is_junk() -> None:
    for mt in STANDING:
        for topic in {each.topic for each in STANDING} - {mt.topic}:
            assert isinstance(said_of(replace(good(mt), topic=str(topic))), Junk)


def test_a_moment_that_does_not_exist_is_junk_and_stops_nobody() -> None:
    """The engines reckon with a record's time after its effect, where no failure is foreseen."""
    record = good(registry().get("boards.rename_board"))
    for time in ("2026-19-39T29:59:59Z", "2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z"):
        headers = tuple((name, time.encode() if name == "ce_time" else value) for name, value in record.headers)

        junk = said_of(replace(record, headers=headers))

        assert isinstance(junk, Junk)
        assert [problem.path for problem in junk.errors] == ["ce_time"]


def test_a_record_of_a_type_that_nobody_knows_is_answered_like_any_other_junk() -> None:
    record = good(registry().get("boards.rename_board"))
    odd = {"ce_type": b"zap.nothing", "ce_dataschema": b"zap.nothing/1"}

    junk = said_of(replace(record, headers=tuple((name, odd.get(name, value)) for name, value in record.headers)))

    assert isinstance(junk, Junk)
    assert junk.envelope is not None


@pytest.mark.parametrize("seed", seeds())
def test_a_hostile_record_on_a_retry_topic_is_read_or_junk(seed: int) -> None:
    """Nobody but us writes there; who can write to Kafka can do it all the same."""
    record = good(registry().get("boards.board_renamed"))
    manifest = manifests()["mixpanel_export"]
    letter = retry_letter(manifest, record, Postpone("later", 5, "note"), generation="g1", at_ms=1, jitter=1.0)
    assert isinstance(letter, DeadLetter)
    postponed = replace(record, topic=letter.topic, headers=tuple(letter.headers))
    assert decode_recalled(recall(postponed)).attempt == 2

    for why, hostile in headers_of(postponed, seed):
        assert due_of(hostile) >= 0, why
        try:
            decode_recalled(recall(hostile))
        except Junk as junk:
            assert junk.detail, why  # noqa: PT017 - most of them are junk, and what they have in common is this
