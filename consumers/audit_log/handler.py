"""What a fact comes to in the audit: an entry, the chain that it belongs to, and its hash."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

import orjson

from schemas.envelope import Envelope
from topics.errors import Reject

# The chain of what belongs to no workspace: accounts and logins.
INSTANCE: Final = "instance"
# What stands before the first entry of a chain.
BEGINNING: Final = bytes(32)
FORM: Final = 1

BOARD_CREATED: Final = "boards.board_created"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as it was told: who, what, when, in which session, on what; never a name or an address.

    `time` is in UTC; `data` is the fact's own data as JSON, sorted by key. `correlation_id` is the action that it all
    began with.
    """

    fact_id: str
    type: str
    schema: str
    time: datetime
    actor: str | None
    subject: str
    session_id: str | None
    link_id: str | None
    correlation_id: str
    traceparent: str | None
    data: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: how many entries it has, and the hash of the last one."""

    length: int = 0
    hash: bytes = BEGINNING


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in its place."""

    chain: str
    seq: int
    entry: Entry
    hash: bytes


def entry_of(envelope: Envelope, data: Mapping[str, Any]) -> Entry:
    """The entry of a fact."""
    return Entry(
        fact_id=envelope.id,
        type=envelope.type,
        schema=envelope.dataschema,
        time=datetime.fromisoformat(envelope.time).astimezone(UTC),
        actor=envelope.actor,
        subject=envelope.subject,
        session_id=envelope.session,
        link_id=envelope.via,
        correlation_id=envelope.correlationid,
        traceparent=envelope.traceparent,
        data=orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode(),
    )


def in_time(parts: Iterable[Sequence[Entry]]) -> list[Entry]:
    """The entries of several partitions by their time, without changing the order inside a partition.

    Clocks of edges differ, so the times of a partition may go back; there the latest time so far counts.
    """
    timed: list[tuple[datetime, Entry]] = []
    for part in parts:
        latest = datetime.min.replace(tzinfo=UTC)
        for entry in part:
            latest = max(latest, entry.time)
            timed.append((latest, entry))
    return [entry for _, entry in sorted(timed, key=itemgetter(0))]


def new_boards(entries: Iterable[Entry]) -> dict[str, str]:
    """The workspaces of boards that the entries tell of, by board."""
    made = [orjson.loads(entry.data) for entry in entries if entry.type == BOARD_CREATED]
    return {data["board_id"]: data["workspace_id"] for data in made}


def boards_of(entries: Iterable[Entry]) -> set[str]:
    """The boards that the entries are about."""
    return {entry.subject for entry in entries if _domain(entry) == "boards"}


def chain_of(entry: Entry, homes: Mapping[str, str]) -> str:
    """The chain of an entry; `homes` has the workspaces of boards.

    What happens in a workspace belongs to its admins. What a person does with his account and his logins belongs to no
    workspace: they would learn from it when he works elsewhere, and the facts do not say who was a member when. So it
    goes to the chain of the instance, and there alone.
    """
    match _domain(entry):
        case "workspaces" | "webhooks":
            return entry.subject
        case "boards":
            return homes.get(entry.subject, INSTANCE)
        case _:
            return INSTANCE


def firsts(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Each fact once, where it came first, by its id. Raises Reject when an id stands for two facts."""
    found: dict[str, Entry] = {}
    for entry in entries:
        before = found.setdefault(entry.fact_id, entry)
        refuse_another(entry, before.type, before.subject)
    return found


def refuse_another(entry: Entry, kind: str, subject: str) -> None:
    """Raises Reject when another fact has the entry's id: to pass over it as a repeat would lose it without a word."""
    if (entry.type, entry.subject) != (kind, subject):
        detail = f"the id {entry.fact_id} is that of a {kind} on {subject} already, and this is a {entry.type}"
        raise Reject("conflict", detail)


def chained(chain: str, head: Head, entries: Iterable[Entry]) -> list[Row]:
    """The entries as the next rows of a chain."""
    rows = []
    for entry in entries:
        seq = head.length + 1
        head = Head(seq, digest(head.hash, chain, seq, entry))
        rows.append(Row(chain, seq, entry, head.hash))
    return rows


def digest(before: bytes, chain: str, seq: int, entry: Entry) -> bytes:
    """SHA-256 over the hash before and the canonical form of a row: any change of either gives another one."""
    return hashlib.sha256(before + canonical(chain, seq, entry)).digest()


def canonical(chain: str, seq: int, entry: Entry) -> bytes:
    """The one way to write a row: JSON in UTF-8, keys sorted, no spaces, times in microseconds with Z."""
    row = {
        "form": FORM,
        "chain": chain,
        "seq": seq,
        "fact_id": entry.fact_id,
        "type": entry.type,
        "schema": entry.schema,
        "time": entry.time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "actor": entry.actor,
        "subject": entry.subject,
        "session_id": entry.session_id,
        "link_id": entry.link_id,
        "correlation_id": entry.correlation_id,
        "traceparent": entry.traceparent,
        "data": entry.data,
    }
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def _domain(entry: Entry) -> str:
    return entry.type.partition(".")[0]
