"""Records as anybody might put them on a topic who can write to Kafka."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from schemas.problems import DataInvalid, pointed
from schemas.registry import MessageType, registry
from tests.hostile.mutations import mutations
from tests.hostile.texts import texts
from tests.hostile.values import IDS, LONG, TEXTS, TIMES

STANDING: Final = [mt for mt in registry().types() if mt.topic is not None and mt.within is None]
ACTION_ID: Final = "01980c5e-0005-7a10-8f2e-3c4d5e6f7081"
READABLE: Final = 3
TRIED: Final = 150
SMALL: Final = 10_000


@dataclass(frozen=True, slots=True)
class Bytes:
    """A record as a Kafka client gives it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int = 0
    offset: int = 41
    timestamp: int = 1_700_000_000_000


def good(mt: MessageType, id_: str = ACTION_ID) -> Bytes:
    """A record of an example."""
    data = mt.examples[0]
    key = str(pointed(data, mt.key or ""))
    envelope = Envelope(
        id=id_,
        type=mt.name,
        source="tests",
        time="2026-05-04T10:11:12.345Z",
        subject=key,
        dataschema=mt.dataschema,
        correlationid=ACTION_ID,
        actor=ACTION_ID,
        causationid=ACTION_ID,
        replyto="platform.replies/0",
        session=ACTION_ID,
    )
    assert mt.topic is not None
    return Bytes(mt.topic, key.encode(), codec.encode(data), tuple(to_headers(envelope)))


def headers_of(record: Bytes, seed: int) -> Iterator[tuple[str, Bytes]]:
    """The record with each header missing, twice, empty, long, or saying something else."""
    for number, (name, value) in enumerate(record.headers):
        others = [each for each in record.headers if each[0] != name]
        odd = (
            None,
            b"",
            b"9" * LONG,
            "²".encode(),
            b"\xff\xfe",
            b"x" * LONG,
            b"\0",
            (value or b"") + b"\n",
            (value or b"") + b"\0",
        )
        texts_ = [text.encode("utf-8", "surrogatepass") for text in (*TEXTS[(seed + number) % 7 :: 7], *IDS, *TIMES)]
        yield f"no {name}", replace(record, headers=tuple(others))
        yield f"{name} twice", replace(record, headers=(*record.headers, (name, value)))
        for other in (*odd, *texts_):
            yield f"{name} is {other!r:.60}", replace(record, headers=(*others, (name, other)))
    yield "no headers", replace(record, headers=())
    yield "headers of others", replace(record, headers=(*record.headers, ("x" * LONG, b"x" * LONG), ("ce_zap", None)))


def assault(topics: Collection[str], seed: int) -> Iterator[tuple[str, Bytes, Bytes]]:
    """For each type on some topics: what is odd, a hostile record, and a good one under the same key to follow it.

    Most of them can be read: what a schema allows a newer release to say, hostile texts and numbers within its limits, an
    envelope that names nobody. Some are junk. Each has an id of its own, or nobody would look at the second.
    """
    for mt in STANDING:
        if mt.topic not in topics:
            continue
        chance = random.Random(f"{seed} {mt.dataschema}")
        bodies = [
            *_readable(mt, chance)[:READABLE],
            chance.choice([each for each in texts(mt.examples[0], seed) if len(each[1]) < SMALL]),
        ]
        for why, body in bodies:
            yield f"{mt.name}: {why}", replace(good(mt, new_id()), value=body), good(mt, new_id())
        record = good(mt, new_id())
        why, hostile = chance.choice([each for each in headers_of(record, seed) if "ce_id" not in each[0]])
        yield f"{mt.name}: {why}", hostile, good(mt, new_id())


def _readable(mt: MessageType, chance: random.Random) -> list[tuple[str, bytes]]:
    """Odd bodies that are valid as they are read, under the key of the example."""
    found = []
    for mutation in mutations(codec.read_schema(mt), mt.examples[0], chance.randrange(2**31), TRIED):
        try:
            codec.validate_on_read(mt, mutation.data)
            body = codec.encode(mutation.data)
        except DataInvalid:
            continue
        if (
            pointed(mutation.data, mt.key or "") == pointed(mt.examples[0], mt.key or "")
            and mutation.data != mt.examples[0]
        ):
            found.append((str(mutation), body))
    return found
