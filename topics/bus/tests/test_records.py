from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from schemas.problems import pointed
from schemas.registry import MessageType, registry
from topics.bus.records import Junk, decode

STANDING = [mt for mt in registry().types() if mt.topic is not None and mt.within is None]


@dataclass
class Bytes:
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    partition: int = 3
    offset: int = 41
    timestamp: int = 1_700_000_000_000
    extra: dict[str, Any] = field(default_factory=dict)


def record(mt: MessageType, data: Any, *, key: str | None = None, **changes: Any) -> Bytes:
    this = new_id()
    key = str(pointed(data, mt.key)) if key is None else key
    fields = {
        "id": this,
        "type": mt.name,
        "source": "tests",
        "time": "2026-05-04T10:11:12.345Z",
        "subject": key,
        "dataschema": mt.dataschema,
        "correlationid": this,
    }
    value = None if data is None else codec.encode(data)
    return Bytes(mt.topic, key.encode(), value, tuple(to_headers(Envelope(**(fields | changes)))))


@pytest.mark.parametrize("mt", STANDING, ids=str)
def test_every_example_of_every_type_is_read(mt: MessageType) -> None:
    for example in mt.examples:
        message = decode(record(mt, example), "g1")

        assert (message.data, message.type) == (example, mt)
        assert (message.position.generation, message.position.partition, message.position.offset) == ("g1", 3, 41)


@pytest.mark.parametrize("mt", STANDING, ids=str)
def test_every_sample_that_must_be_refused_is_junk_unless_a_newer_producer_may_say_it(mt: MessageType) -> None:
    for reject in mt.rejects:
        try:
            codec.validate_on_read(mt, reject.value)
        except Exception:  # noqa: BLE001 - whatever the codec says of it
            with pytest.raises(Junk) as junk:
                decode(record(mt, reject.value, key="any"), "g1")
            assert junk.value.code == "schema_invalid"
            assert junk.value.errors, reject.why
            assert junk.value.envelope is not None, "who waits for an answer can be told"


def test_a_tombstone_of_a_compacted_topic_is_a_message_without_data() -> None:
    mt = registry().get("identity.person")

    message = decode(record(mt, None, key="somebody"), "g1")

    assert message.tombstone
    assert message.envelope.subject == "somebody"


def test_a_property_that_a_newer_release_added_is_no_junk() -> None:
    mt = registry().get("boards.rename_board")
    data = {**mt.examples[0], "added_later": 1}

    assert decode(record(mt, data), "g1").data == data


def test_a_type_that_travels_inside_another_does_not_stand_by_itself() -> None:
    mt = registry().get("boards.draw")

    with pytest.raises(Junk, match="does not stand on"):
        decode(record(mt, mt.examples[0], key="any"), "g1")
