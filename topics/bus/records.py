"""Reading a record: envelope, type, data and key, or the reason why it is junk."""

from dataclasses import dataclass
from typing import Any, Protocol

from schemas import codec
from schemas.envelope import Envelope, from_headers
from schemas.problems import DataInvalid, EnvelopeInvalid, Problem, UnknownType, pointed
from schemas.registry import MessageType, registry
from topics.bus.message import Message
from topics.errors import Reject


class Record(Protocol):
    """A record as a Kafka client gives it."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - as the clients call it
    @property
    def partition(self) -> int: ...  # noqa: D102 - as the clients call it
    @property
    def offset(self) -> int: ...  # noqa: D102 - as the clients call it
    @property
    def timestamp(self) -> int: ...  # noqa: D102 - as the clients call it
    @property
    def key(self) -> bytes | None: ...  # noqa: D102 - as the clients call it
    @property
    def value(self) -> bytes | None: ...  # noqa: D102 - as the clients call it
    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]: ...  # noqa: D102 - as the clients call it


@dataclass(frozen=True, slots=True)
class Raw:
    """A record as it came, out of a client's own type."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Junk(Reject):
    """A record that cannot be read. `envelope` is what could be read of it: a client may be waiting for an answer."""

    envelope: Envelope | None = None


def decode(record: Record, generation: str) -> Message:
    """Check and decode a record. Raises Junk with the reason and the failing path."""
    envelope = _envelope(record)
    try:
        mt = _type(record, envelope)
        data = None if record.value is None else _data(record.value, mt)
        _check_key(record, envelope, mt, data)
    except Junk as junk:
        junk.envelope = envelope
        raise
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        generation=generation,
        timestamp_ms=record.timestamp,
        envelope=envelope,
        type=mt,
        data=data,
        raw=record.value or b"",
    )


def _envelope(record: Record) -> Envelope:
    try:
        return from_headers(record.headers)
    except EnvelopeInvalid as error:
        raise Junk("malformed", f"the envelope: {error}", (Problem(error.path, error.message),)) from error


def _type(record: Record, envelope: Envelope) -> MessageType:
    try:
        mt = registry().of_dataschema(envelope.dataschema)
    except UnknownType as error:
        raise Junk("schema_invalid", f"there is no schema {envelope.dataschema}") from error
    if mt.topic != record.topic or mt.within is not None:
        raise Junk("schema_invalid", f"{mt.name} does not stand on {record.topic}")
    return mt


def _data(value: bytes, mt: MessageType) -> Any:
    try:
        data = codec.decode(value)
    except DataInvalid as error:
        raise Junk("malformed", f"{mt.name}: {error}", error.problems) from error
    try:
        codec.refuse_nul(value, data)
        codec.validate_on_read(mt, data)
    except DataInvalid as error:
        raise Junk("schema_invalid", f"{mt.name}: {error}", error.problems) from error
    return data


def _check_key(record: Record, envelope: Envelope, mt: MessageType, data: Any) -> None:
    if data is None and mt.kind != "state":
        raise Junk("malformed", f"{mt.name}: the record has no value")
    due = envelope.subject if data is None or mt.key is None else str(pointed(data, mt.key))
    if record.key is None or record.key.decode("utf-8", "replace") != due:
        raise Junk("schema_invalid", f"{mt.name}: the record's key is not what {mt.key} says", (_elsewhere(mt),))


def _elsewhere(mt: MessageType) -> Problem:
    return Problem(mt.key or "ce_subject", "is not the record's key")
