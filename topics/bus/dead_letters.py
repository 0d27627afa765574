"""Dead letters: the record as it was, with headers that say why it is dead and where it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from topics.bus.failure import Death, Interrupted, Pause
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.bus.records import Record
from topics.errors import Reject, Unavailable, Unconfirmed

PREFIX = "dead_"
DETAIL_CHARACTERS = 4000
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record for a dead-letter topic, or a retry topic (there in a partition of its choice), not sent yet."""

    topic: str
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    partition: int | None = None

    @property
    def record(self) -> tuple[str, bytes, bytes | None, list[tuple[str, bytes]]]:
        """Topic, key, value and headers, as they are sent."""
        return self.topic, self.key, self.value, self.headers

    def without_body(self) -> "DeadLetter":
        """What can be kept of a record too large to keep: where it stands and why it is dead."""
        ours = [(name, content) for name, content in self.headers if name.startswith(PREFIX)]
        return DeadLetter(self.topic, b"", b"", [*ours, (PREFIX + "truncated", b"too large to keep here")])


def dead_letter(
    manifest: Manifest, record: Record, death: Death, *, generation: str, at_ms: int, note: str | None = None
) -> DeadLetter:
    """The record with its own headers, then ours; those of an earlier death are replaced.

    `note`: what of it was still to do, where its handler postponed only that.
    """
    ours = {
        "consumer": manifest.name,
        "code": death.code,
        "reason": death.detail[:DETAIL_CHARACTERS],
        "path": death.errors[0].path if death.errors else "",
        "errors": orjson.dumps([{"path": each.path, "message": each.message} for each in death.errors[:20]]).decode(),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "generation": generation,
        "time_ms": str(at_ms),
    }
    if note is not None:
        ours["note"] = note
    # A header of a foreign record may have no value at all.
    kept = [(name, value or b"") for name, value in record.headers if not name.startswith(PREFIX)]
    headers = [*kept, *((PREFIX + name, value.encode("utf-8", "replace")) for name, value in ours.items())]
    return DeadLetter(manifest.dead_letters, record.key or b"", record.value, headers)


def reason_of(headers: Sequence[tuple[str, bytes]]) -> Mapping[str, str]:
    """Our headers of a dead letter, without their prefix."""
    return {
        name.removeprefix(PREFIX): (value or b"").decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(PREFIX)
    }


async def bury_all(publisher: Publisher, letters: Sequence[DeadLetter], pause: Pause) -> None:
    """Publish several at once and wait for all acknowledgements, for as long as it takes. Raises Interrupted."""
    sent = []
    for letter in letters:
        try:
            sent.append((letter, await publisher.send(*letter.record, partition=letter.partition)))
        except (Reject, Unavailable):
            await bury(publisher, letter, pause)
    for letter, placed in sent:
        try:
            await placed
        except (Reject, Unavailable, Unconfirmed):
            await bury(publisher, letter, pause)


async def bury(publisher: Publisher, letter: DeadLetter, pause: Pause) -> None:
    """Publish a dead letter and wait for its acknowledgement, for as long as it takes.

    Raises Interrupted when `pause` is ended early.
    """
    while True:
        try:
            await (await publisher.send(*letter.record, partition=letter.partition))
        except Reject:
            letter = letter.without_body()
        except (Unavailable, Unconfirmed):
            if await pause(RETRY_SECONDS):
                raise Interrupted from None
        else:
            return
