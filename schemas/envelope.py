"""The envelope of a record: CloudEvents 1.0 in Kafka's binary mode, headers for the context, the value for the data."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from schemas.ids import ID
from schemas.problems import EnvelopeInvalid

SPECVERSION = "1.0"
CONTENT_TYPE = "application/json"
_TYPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_TIME = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z", re.ASCII)
_REPLY_TO = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+/\d{1,6}", re.ASCII)
_LONGEST = 1024  # more than any header of ours; junk must not be carried along


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What is known about a record apart from its data.

    `time` is RFC 3339 UTC in milliseconds with Z; `subject` is the key; `replyto` is `<topic>/<partition>`;
    `via` is the link that a guest acts through, `session` the login that somebody with an account acts in: it is how an
    audit tells from where, without an address in the log. `fingerprint` is the hash of a request that an idempotency
    key guards.
    """

    id: str
    type: str
    source: str
    time: str
    subject: str
    dataschema: str
    correlationid: str
    actor: str | None = None
    workspace: str | None = None
    causationid: str | None = None
    replyto: str | None = None
    traceparent: str | None = None
    via: str | None = None
    session: str | None = None
    idempotencykey: str | None = None
    fingerprint: str | None = None


# The W3C header keeps its own name, so that tracing tools find it; everything else is a CloudEvents attribute.
_HEADERS = {f.name: f.name if f.name == "traceparent" else f"ce_{f.name}" for f in fields(Envelope)}
_FIELDS = {header: name for name, header in _HEADERS.items()}
_REQUIRED = ("id", "type", "source", "time", "subject", "dataschema", "correlationid")


def to_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of a record; what is None is left out."""
    headers = [("ce_specversion", SPECVERSION.encode()), ("content-type", CONTENT_TYPE.encode())]
    for name, header in _HEADERS.items():
        value = getattr(envelope, name)
        if value is not None:
            headers.append((header, value.encode()))
    return headers


def from_headers(headers: Iterable[tuple[str, bytes | None]] | Sequence[tuple[str, bytes]]) -> Envelope:
    """The envelope in the headers of a record; headers it does not know are passed over. Raises EnvelopeInvalid."""
    found: dict[str, str] = {}
    for header, raw in headers:
        if header in _FIELDS or header in ("ce_specversion", "content-type"):
            if header in found:
                raise EnvelopeInvalid(header, "is there twice")
            found[header] = _text(header, raw)
    if found.get("ce_specversion") != SPECVERSION:
        raise EnvelopeInvalid("ce_specversion", f"must be {SPECVERSION}")
    if found.get("content-type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise EnvelopeInvalid("content-type", f"must be {CONTENT_TYPE}")
    for name in _REQUIRED:
        if not found.get(_HEADERS[name]):
            raise EnvelopeInvalid(_HEADERS[name], "is missing")
    return _checked(Envelope(**{_FIELDS[header]: value for header, value in found.items() if header in _FIELDS}))


def _text(header: str, raw: bytes | None) -> str:
    if raw is None:
        raise EnvelopeInvalid(header, "has no value")
    if len(raw) > _LONGEST:
        raise EnvelopeInvalid(header, f"has more than {_LONGEST} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeInvalid(header, "is not UTF-8") from error
    if "\0" in text:
        raise EnvelopeInvalid(header, "holds U+0000")
    return text


def _is_time(text: str) -> bool:
    """Whether it is a moment that exists: the engines reckon with it, after the effect."""
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _checked(envelope: Envelope) -> Envelope:
    for name in ("id", "correlationid", "causationid", "session"):
        value = getattr(envelope, name)
        if value is not None and not ID.fullmatch(value):
            raise EnvelopeInvalid(_HEADERS[name], "is not a UUIDv7")
    if not _TYPE.fullmatch(envelope.type):
        raise EnvelopeInvalid("ce_type", "is not <domain>.<name>")
    name, _, version = envelope.dataschema.rpartition("/")
    if name != envelope.type or not (version.isascii() and version.isdecimal()):
        raise EnvelopeInvalid("ce_dataschema", "is not <ce_type>/<version>")
    if not _is_time(envelope.time):
        raise EnvelopeInvalid("ce_time", "is not a time in UTC with Z")
    if envelope.replyto is not None and not _REPLY_TO.fullmatch(envelope.replyto):
        raise EnvelopeInvalid("ce_replyto", "is not <topic>/<partition>")
    return envelope
