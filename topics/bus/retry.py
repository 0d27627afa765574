"""Retry topics: a record that was postponed waits there with its first place, its attempts and the time it is due."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from topics.bus.catalog import DAY, RETRY_RUNGS
from topics.bus.dead_letters import PREFIX as DEAD
from topics.bus.dead_letters import DeadLetter
from topics.bus.failure import Death
from topics.bus.manifest import Manifest, RetryTopic
from topics.bus.message import Message
from topics.bus.records import Junk, Record, decode
from topics.errors import Postpone

PREFIX: Final = "retry_"
REASON_CHARACTERS: Final = 1000
NOTE_CHARACTERS: Final = 1000
MOMENT_DIGITS: Final = 15  # of milliseconds: until the year 33658
Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a member reads, in which group, and when a record may be given out (seconds of the epoch)."""

    group: str
    topics: Sequence[str]
    due: Callable[[Record], float] | None = None


@dataclass(frozen=True, slots=True)
class Recalled:
    """A postponed record as it stood at first. `attempt` is the one that it comes back for; `since_ms`: first postponed."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    generation: str
    attempt: int
    since_ms: int
    note: str | None


def reading_of(manifest: Manifest) -> Reading:
    """How a consumer reads its retry topic: apart from what is new, in a group of its own, each record when it is due."""
    if manifest.retries is None:
        raise ValueError(f"{manifest.name} has no retry topic")
    return Reading(manifest.retries, (manifest.retries,), due_of)


def due_of(record: Record) -> float:
    """When a record of a retry topic is due; at once when it does not say."""
    text = dict(record.headers).get(f"{PREFIX}not_before_ms") or b""
    return int(text) / 1000 if text.isdigit() and len(text) <= MOMENT_DIGITS else 0.0


def recall(record: Record) -> Recalled:
    """The record that was postponed. Raises Junk when this is none of ours."""
    ours = {name.removeprefix(PREFIX): value or b"" for name, value in record.headers if name.startswith(PREFIX)}
    try:
        return Recalled(
            topic=ours["topic"].decode(),
            partition=int(ours["partition"]),
            offset=int(ours["offset"]),
            timestamp=int(ours["timestamp_ms"]),
            key=record.key,
            value=record.value,
            headers=tuple((name, value) for name, value in record.headers if not name.startswith(PREFIX)),
            generation=ours["generation"].decode(),
            attempt=int(ours["attempt"]),
            since_ms=int(ours["since_ms"]),
            note=ours["note"].decode() if "note" in ours else None,
        )
    except (KeyError, ValueError) as error:
        raise Junk("malformed", f"the record was not put on its retry topic by us: {error!r}") from error


def decode_recalled(recalled: Recalled) -> Message:
    """The message, in the place where it stood first, with its attempt and its note. Raises Junk."""
    return replace(decode(recalled, recalled.generation), attempt=recalled.attempt, note=recalled.note)


def wait_seconds(postponed: Postpone, attempt: int, policy: RetryTopic, jitter: float) -> float:
    """How long a record waits after failed attempt number `attempt`: as its handler says, at most a day, else doubling."""
    if postponed.after is not None:
        return min(max(postponed.after, 0.0), DAY)
    return min(policy.backoff * 2.0 ** min(attempt - 1, 32), policy.backoff_max) * jitter


def rung(seconds: float) -> int:
    """The partition of a retry topic for a wait."""
    return max(number for number, least in enumerate(RETRY_RUNGS) if least <= max(seconds, 0.0))


def retry_letter(
    manifest: Manifest, record: Record | Recalled, postponed: Postpone, *, generation: str, at_ms: int, jitter: float
) -> DeadLetter | Death:
    """The record for the retry topic; or the reason why it is dead, when its attempts are used up."""
    policy, topic = manifest.on_failure.retry, manifest.retries
    if policy is None or topic is None:
        raise ValueError(f"{manifest.name} has no retry topic")
    recalled = record if isinstance(record, Recalled) else None
    attempt = recalled.attempt if recalled is not None else 1
    since_ms = recalled.since_ms if recalled is not None else at_ms
    if attempt >= policy.attempts:
        hours = (at_ms - since_ms) / 3_600_000
        return Death("unavailable", f"given up after {attempt} attempts in {hours:.1f} h: {postponed.detail}")
    seconds = wait_seconds(postponed, attempt, policy, jitter)
    ours = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp_ms": str(record.timestamp),
        "generation": generation,
        "attempt": str(attempt + 1),
        "since_ms": str(since_ms),
        "not_before_ms": str(at_ms + int(seconds * 1000)),
        "reason": postponed.detail[:REASON_CHARACTERS],
    }
    if postponed.note is not None:
        if len(postponed.note) > NOTE_CHARACTERS:
            raise ValueError(f"a note has at most {NOTE_CHARACTERS} characters")
        ours["note"] = postponed.note
    kept = [(name, value or b"") for name, value in record.headers if not name.startswith((PREFIX, DEAD))]
    headers = [*kept, *((PREFIX + name, value.encode("utf-8", "replace")) for name, value in ours.items())]
    return DeadLetter(topic, record.key or b"", record.value, headers, rung(seconds))
