"""Dead letters as an operator meets them: read, told apart from those that are settled, put back, given up."""

import time
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from schemas.envelope import Envelope
from schemas.ids import is_id, new_id
from schemas.problems import Problem
from schemas.registry import registry
from topics.bus.clients import reader
from topics.bus.dead_letters import PREFIX, reason_of
from topics.bus.generations import Generation, read_generations
from topics.bus.manifest import Manifest
from topics.bus.publish import Publisher
from topics.bus.records import Record, decode
from topics.bus.retry import PREFIX as RETRY
from topics.errors import Misconfigured, Reject, Unavailable
from topics.runtime.settings import Settings

SOURCE: Final = "operator"
FACTS: Final = "platform.facts"
REPLAYED: Final = "platform.letter_replayed"
DROPPED: Final = "platform.letter_dropped"
POLL_MS: Final = 200
# The last moment of year 9998.
LAST_MS: Final = 253_370_764_799_999

Place = tuple[str, str | None, int]


@dataclass(frozen=True, slots=True)
class Letter:
    """A record as it was when it died, and why it did.

    `number` is its offset among the dead letters of its consumer, `generation` the life of that topic; `topic`,
    `partition`, `offset` and `topic_generation` say where the record stood. `headers` are the record's own.
    """

    consumer: str
    number: int
    generation: str | None
    died: datetime
    code: str
    reason: str
    errors: tuple[Problem, ...]
    topic: str
    partition: int
    offset: int
    topic_generation: str
    note: str | None
    truncated: bool
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def name(self) -> str:
        """How an operator names it."""
        return f"{self.consumer}/{self.number}"

    @property
    def place(self) -> Place:
        """What tells it from every other one."""
        return self.consumer, self.generation, self.number

    @property
    def type(self) -> str | None:
        """The record's type, where it says one that could be."""
        text = _text(self.headers, "ce_type")
        return text if text is not None and text in {mt.name for mt in registry().types()} else None

    @property
    def record_id(self) -> str | None:
        """The record's id, where it has one."""
        text = _text(self.headers, "ce_id")
        return text if text is not None and is_id(text) else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a letter, when, and who said so."""

    kind: Literal["replayed", "dropped"]
    time: str
    operator: str


def letter_of(consumer: str, record: Record, generation: str | None) -> Letter:
    """The letter in a record of a dead-letter topic. One that somebody else wrote there may lack what ours have."""
    told = reason_of(record.headers)
    own = tuple((name, value or b"") for name, value in record.headers if not name.startswith((PREFIX, RETRY)))
    return Letter(
        consumer=consumer,
        number=record.offset,
        generation=generation,
        died=_moment(_number(told.get("time_ms"), record.timestamp)),
        code=told.get("code", "unknown"),
        reason=told.get("reason", ""),
        errors=_problems(told.get("errors", "")),
        topic=told.get("topic", ""),
        partition=_number(told.get("partition"), 0),
        offset=_number(told.get("offset"), 0),
        topic_generation=told.get("generation", ""),
        note=told.get("note"),
        truncated="truncated" in told,
        key=record.key or b"",
        value=record.value,
        headers=own,
    )


async def letters(settings: Settings, manifests: Collection[Manifest]) -> AsyncIterator[Letter]:
    """The dead letters of some consumers up to now, oldest first per consumer. Raises Unavailable."""
    generations = await read_generations(settings)
    try:
        async with reader(settings, "dead-letters") as consumer:
            there = await consumer.topics()
            for each in manifests:
                if each.dead_letters not in there:
                    continue
                known = generations.get(each.dead_letters)
                async for record in _records(consumer, TopicPartition(each.dead_letters, 0)):
                    yield letter_of(each.name, record, known.generation if known is not None else None)
    except KafkaError as error:
        raise Unavailable(f"the dead letters cannot be read: {error!r}") from error


async def settlements(settings: Settings) -> Mapping[Place, Settlement]:
    """What became of letters, by their place; the last word on each. Raises Unavailable."""
    generations = await read_generations(settings)
    if FACTS not in generations:
        raise Unavailable(f"there is no topic {FACTS}: run `doska topics apply`")
    found: dict[Place, Settlement] = {}
    try:
        async with reader(settings, "settlements") as consumer:
            for number in range(generations[FACTS].partitions):
                async for record in _records(consumer, TopicPartition(FACTS, number)):
                    _remember(found, record, generations[FACTS])
    except KafkaError as error:
        raise Unavailable(f"{FACTS} cannot be read: {error!r}") from error
    return found


async def replay(publisher: Publisher, manifest: Manifest, letter: Letter, operator: str) -> str:
    """Put the record back as it was, under its own id, then tell so; gives the topic that it went to.

    Where the consumer has a retry topic it goes there, and no other consumer meets it. Else it goes to where it stood:
    other readers meet it again too, and pass over what they know by its id. Killed between the two steps it is only
    replayed again. Raises Reject for a letter that cannot be replayed, Unavailable, Unconfirmed.
    """
    if letter.truncated:
        raise Reject(
            "too_large", f"{letter.name} holds no record: it was too large to keep. It stood at {_where(letter)}"
        )
    if not letter.topic:
        raise Reject("malformed", f"{letter.name} does not say where it stood: it is no dead letter of ours")
    to = manifest.retries or letter.topic
    headers, partition = list(letter.headers), None
    if manifest.retries is not None:
        headers += _recalling(letter, int(time.time() * 1000))
        partition = 0
    await (await publisher.send(to, letter.key, letter.value, headers, partition=partition))
    await _tell(publisher, REPLAYED, letter, operator, {"to": to})
    return to


async def drop(publisher: Publisher, letter: Letter, operator: str) -> None:
    """Tell that nobody will replay it; the letter itself stays until its time is over."""
    await _tell(publisher, DROPPED, letter, operator, {})


async def _records(consumer: Any, place: TopicPartition) -> AsyncIterator[Record]:
    consumer.assign([place])
    end = (await consumer.end_offsets([place]))[place]
    consumer.seek(place, (await consumer.beginning_offsets([place]))[place])
    while await consumer.position(place) < end:
        for record in (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, ()):
            if record.offset < end:
                yield record


def _remember(found: dict[Place, Settlement], record: Record, generation: Generation) -> None:
    try:
        message = decode(record, generation.generation)
    except Reject:
        return
    if message.type.name not in (REPLAYED, DROPPED):
        return
    data = message.data
    kind: Literal["replayed", "dropped"] = "replayed" if message.type.name == REPLAYED else "dropped"
    place = (data["consumer"], data["generation"], data["letter"])
    found[place] = Settlement(kind, message.envelope.time, data["operator"])


async def _tell(publisher: Publisher, kind: str, letter: Letter, operator: str, more: Mapping[str, str]) -> None:
    this, mt = new_id(), registry().get(kind)
    envelope = Envelope(
        id=this,
        type=mt.name,
        source=SOURCE,
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        subject=letter.consumer,
        dataschema=mt.dataschema,
        correlationid=this,
        causationid=letter.record_id,
    )
    data = {
        "consumer": letter.consumer,
        "letter": letter.number,
        "generation": letter.generation,
        "code": letter.code[:60],
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "record_id": letter.record_id,
        "type": letter.type,
        "operator": operator,
        **more,
    }
    await publisher.publish(envelope, data)


def _recalling(letter: Letter, now_ms: int) -> list[tuple[str, bytes]]:
    """What a record on a retry topic carries: it is due at once, and its attempts begin anew."""
    ours = {
        "topic": letter.topic,
        "partition": str(letter.partition),
        "offset": str(letter.offset),
        "timestamp_ms": str(int(letter.died.timestamp() * 1000)),
        "generation": letter.topic_generation,
        "attempt": "1",
        "since_ms": str(now_ms),
        "not_before_ms": str(now_ms),
        "reason": "replayed by an operator",
    }
    if letter.note is not None:
        ours["note"] = letter.note
    return [(RETRY + name, value.encode()) for name, value in ours.items()]


def parse_name(text: str) -> tuple[str, int]:
    """Consumer and number of a letter's name. Raises Misconfigured."""
    consumer, _, number = text.rpartition("/")
    if not consumer or not (number.isascii() and number.isdecimal()):
        raise Misconfigured(f"{text!r} names no dead letter: they are named like audit_log/12, see `doska dlq list`")
    return consumer, int(number)


def _where(letter: Letter) -> str:
    return f"{letter.topic}/{letter.partition}@{letter.offset}"


def _text(headers: Collection[tuple[str, bytes]], name: str) -> str | None:
    return next((value.decode("utf-8", "replace") for key, value in headers if key == name and value is not None), None)


def _number(text: str | None, otherwise: int) -> int:
    """A number of ours: none of them has more than fifteen digits."""
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) <= 15 else otherwise


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(min(max(time_ms, 0), LAST_MS) / 1000, UTC)


def _problems(text: str) -> tuple[Problem, ...]:
    try:
        return tuple(Problem(str(each["path"]), str(each["message"])) for each in orjson.loads(text))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ()
