from dataclasses import dataclass

from schemas.problems import Problem
from topics.bus.dead_letters import dead_letter, reason_of
from topics.bus.failure import Death
from topics.bus.manifest import Manifest

MANIFEST = Manifest(name="board_store", about="x", engine="batch", reads=("boards.ops",))


@dataclass
class Bytes:
    topic: str = "boards.ops"
    partition: int = 3
    offset: int = 41
    timestamp: int = 0
    key: bytes | None = b"key"
    value: bytes | None = b"{nope"
    headers: tuple[tuple[str, bytes], ...] = (("ce_id", b"\xff"), ("dead_consumer", b"another"))


def test_a_dead_letter_is_the_record_as_it_was_and_why() -> None:
    death = Death("schema_invalid", "the title is wrong", (Problem("/title", "is too long"),))

    letter = dead_letter(MANIFEST, Bytes(), death, generation="g1", at_ms=5)

    assert (letter.topic, letter.key, letter.value) == ("board_store.dlq", b"key", b"{nope")
    assert ("ce_id", b"\xff") in letter.headers
    assert reason_of(letter.headers) == {
        "consumer": "board_store",
        "code": "schema_invalid",
        "reason": "the title is wrong",
        "path": "/title",
        "errors": '[{"path":"/title","message":"is too long"}]',
        "topic": "boards.ops",
        "partition": "3",
        "offset": "41",
        "generation": "g1",
        "time_ms": "5",
    }


def test_a_letter_that_died_before_tells_its_last_death_only() -> None:
    letter = dead_letter(MANIFEST, Bytes(), Death("gone", "x"), generation="g", at_ms=0)

    assert [value for name, value in letter.headers if name == "dead_consumer"] == [b"board_store"]


def test_a_reason_of_any_length_and_any_characters_fits() -> None:
    letter = dead_letter(MANIFEST, Bytes(), Death("internal", "\ud800 x" * 10_000), generation="g", at_ms=0)

    assert len(reason_of(letter.headers)["reason"]) == 4000


def test_without_its_body_a_letter_still_says_where_the_record_stands() -> None:
    bare = dead_letter(MANIFEST, Bytes(), Death("gone", "x"), generation="g", at_ms=0).without_body()

    assert bare.value == b""
    assert reason_of(bare.headers)["offset"] == "41"
    assert all(name.startswith("dead_") for name, _ in bare.headers)
