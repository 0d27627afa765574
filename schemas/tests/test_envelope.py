"""The envelope: CloudEvents in Kafka headers, there and back, and as others read it."""

import json
from dataclasses import replace

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from schemas.envelope import Envelope, from_headers, to_headers
from schemas.problems import EnvelopeInvalid

ID = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
CAUSE = "01980c5e-0006-7a10-8f2e-3c4d5e6f7081"
SHORT = Envelope(
    id=ID,
    type="boards.rename_board",
    source="/edge/1",
    time="2026-05-04T10:11:12.345Z",
    subject=ID,
    dataschema="boards.rename_board/1",
    correlationid=ID,
)
LONG = replace(
    SHORT,
    actor=CAUSE,
    workspace=CAUSE,
    causationid=CAUSE,
    replyto="platform.replies/7",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    via=CAUSE,
    session=CAUSE,
    idempotencykey="ключ 1",
    fingerprint="abc",
)


@pytest.mark.parametrize("envelope", [SHORT, LONG])
def test_there_and_back(envelope: Envelope) -> None:
    assert from_headers(to_headers(envelope)) == envelope


def test_what_is_not_known_is_left_out() -> None:
    assert [name for name, _ in to_headers(SHORT)] == [
        "ce_specversion", "content-type", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject", "ce_dataschema", "ce_correlationid",
    ]  # fmt: skip


def test_the_cloudevents_sdk_reads_it() -> None:
    data = {"board_id": ID, "title": "Ретро"}
    message = KafkaMessage(headers=dict(to_headers(LONG)), key=ID.encode(), value=json.dumps(data).encode())

    event = from_binary_event(message)

    assert (event.get_id(), event.get_type(), event.get_source()) == (LONG.id, LONG.type, LONG.source)
    assert (event.get_subject(), event.get_dataschema()) == (LONG.subject, LONG.dataschema)
    assert event.get_time().isoformat() == "2026-05-04T10:11:12.345000+00:00"
    assert event.get_datacontenttype() == "application/json"
    assert event.get_specversion() == "1.0"
    assert event.get_data() == data
    for extension in (
        "actor",
        "workspace",
        "correlationid",
        "causationid",
        "replyto",
        "via",
        "session",
        "idempotencykey",
    ):
        assert event.get_extension(extension) == getattr(LONG, extension)


def test_headers_it_does_not_know_are_passed_over() -> None:
    headers = [("x-other", b"\xff"), ("ce_other", b"1"), ("ce_other", b"2"), *to_headers(SHORT)]

    assert from_headers(headers) == SHORT


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_specversion", None),
        ("ce_specversion", b"0.3"),
        ("content-type", b"text/plain"),
        ("content-type", None),
        ("ce_id", None),
        ("ce_id", b"42"),
        ("ce_id", b"\xff"),
        ("ce_id", b""),
        ("ce_type", b"rename"),
        ("ce_source", None),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-05-04T10:11:12+03:00"),
        ("ce_time", b"2026-02-30T10:11:12Z"),
        ("ce_actor", b"somebody\0"),
        ("ce_time", b"2026-19-39T29:59:59Z"),
        ("ce_subject", b""),
        ("ce_subject", b"x" * 2000),
        ("ce_dataschema", b"boards.draw/1"),
        ("ce_dataschema", b"boards.rename_board/one"),
        ("ce_correlationid", None),
        ("ce_correlationid", b"x"),
        ("ce_causationid", b"x"),
        ("ce_session", b"a cookie"),
        ("ce_replyto", b"platform.replies"),
        ("ce_replyto", b"../x/7"),
    ],
)
def test_junk_is_refused_by_the_header_s_name(header: str, value: bytes | None) -> None:
    headers = dict(to_headers(LONG))
    if value is None:
        del headers[header]
    else:
        headers[header] = value

    with pytest.raises(EnvelopeInvalid) as caught:
        from_headers(headers.items())

    assert caught.value.path == header


def test_a_header_twice_or_without_value_is_refused() -> None:
    for extra in (("ce_id", ID.encode()), ("ce_actor", None)):
        with pytest.raises(EnvelopeInvalid):
            from_headers([*to_headers(SHORT), extra])


def test_no_headers_at_all() -> None:
    with pytest.raises(EnvelopeInvalid):
        from_headers([])
