"""`doska dlq`: which letters an operator means, what he is shown, and that what he did is noted."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from consumers import discovery
from jobs.dlq import filter_of, find, give_up, line, moment, put_back
from jobs.showing import shown
from jobs.terminal import plain
from schemas import codec
from schemas.envelope import Envelope, to_headers
from schemas.ids import new_id
from schemas.problems import Problem
from topics.bus.dead_letters import PREFIX, DeadLetter, dead_letter
from topics.bus.failure import Death
from topics.bus.letters import Letter, letter_of
from topics.bus.publish import Publisher
from topics.errors import Misconfigured
from topics.runtime.settings import Settings

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MANIFEST = discovery.manifest("audit_log")


class Record:
    """A record as a client gives it."""

    def __init__(self, value: bytes | None, headers: Sequence[tuple[str, bytes]], *, offset: int = 15) -> None:
        self.topic, self.partition, self.offset, self.timestamp = "boards.facts", 0, offset, 0
        self.key, self.value, self.headers = b"a board", value, tuple(headers)


def renamed(data: Any) -> Record:
    this = new_id()
    envelope = Envelope(
        id=this,
        type="boards.board_renamed",
        source="tests",
        time="2026-05-04T11:00:00.000Z",
        subject="a board",
        dataschema="boards.board_renamed/1",
        correlationid=this,
    )
    return Record(codec.encode(data), to_headers(envelope))


def died(record: Record, death: Death, at: datetime = NOW) -> DeadLetter:
    return dead_letter(MANIFEST, record, death, generation="g1", at_ms=int(at.timestamp() * 1000))


def letter(record: Record, death: Death, at: datetime = NOW, number: int = 3) -> Letter:
    made = died(record, death, at)
    return letter_of("audit_log", Record(made.value, made.headers, offset=number), "g2")


BAD = Death("schema_invalid", "boards.board_renamed: 1 problem", (Problem("/title", "is no string"),))
LETTER = letter(renamed({"board_id": "b", "title": [1, {"x": 2}]}), BAD)


@pytest.mark.parametrize(
    ("names", "words", "taken"),
    [
        ([], {}, True),
        (["audit_log"], {}, True),
        (["board_store"], {}, False),
        (["audit_log/3"], {}, True),
        (["audit_log/4", "board_store"], {}, False),
        ([], {"code": "schema_invalid", "type_": "boards.board_renamed", "reason": "PROBLEM"}, True),
        ([], {"code": "internal"}, False),
        ([], {"type_": "boards.draw"}, False),
        ([], {"reason": "another"}, False),
        ([], {"since": "2026-05-04T12:00:00Z"}, True),
        ([], {"since": "2026-05-04T12:00:01Z"}, False),
        ([], {"until": "2026-05-04 12:00:01"}, True),
        ([], {"until": "2026-05-04T12:00:00Z"}, False),
    ],
)
def test_letters_are_meant_by_name_code_type_reason_and_time(
    names: list[str], words: dict[str, str], taken: bool
) -> None:
    assert filter_of(names, **words).takes(LETTER) is taken


def test_a_time_may_be_so_long_ago() -> None:
    assert moment("2h", NOW) == datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    with pytest.raises(Misconfigured, match="'soon' is no time"):
        moment("soon", NOW)
    with pytest.raises(Misconfigured, match="names no dead letter"):
        filter_of(["audit_log/first"])


def test_a_line_says_when_why_and_where() -> None:
    said = line(LETTER, None)

    for part in ("audit_log/3 ", "2026-05-04T12:00:00Z", " boards.board_renamed ", " boards.facts/0@15 "):
        assert part in said
    assert said.endswith(" /title: boards.board_renamed: 1 problem")


def test_a_letter_is_shown_with_what_stands_at_the_failing_path() -> None:
    text = "\n".join(shown(LETTER, None))

    assert "record   boards.facts/0@15, of generation g1" in text
    assert 'at /title: is no string; there stands [1,{"x":2}]' in text
    assert f"id       {LETTER.record_id}" in text
    assert '    "board_id": "b"' in text


def test_bytes_that_are_no_json_and_no_envelope_are_shown_too() -> None:
    junk = letter(Record(b"{nope\xff", [("ce_id", b"\xff"), ("ce_type", b"nobody's")]), Death("malformed", "no JSON"))

    text = "\n".join(shown(junk, None))

    assert (junk.record_id, junk.type) == (None, None)
    assert "type     unreadable" in text
    assert r"  {nope\xff" in text


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with Publisher(settings, "tests") as publisher:
        yield publisher


async def test_an_operator_replays_and_drops_once_and_it_is_noted(settings: Settings, publisher: Publisher) -> None:
    codes = ("unavailable", "gone")  # of no other letter of this session
    board_id = new_id()
    fact = renamed({"board_id": board_id, "title": "Good by now", "revision": 2})
    fact.key = board_id.encode()
    for code in codes:
        made = died(fact, Death(code, "for a test"))
        await (await publisher.send(*made.record))
    replayed = filter_of(["audit_log"], code="unavailable", reason="for a test")
    dropped = filter_of(["audit_log"], code="gone", reason="for a test")
    asked: list[int] = []

    def refuse(found: Sequence[Letter]) -> bool:
        asked.append(len(found))
        return False

    assert await put_back(settings, replayed, "somebody", sure=refuse) == ["0 of 1 replayed"]
    [put, count] = await put_back(settings, replayed, "somebody")
    again = await put_back(settings, replayed, "somebody", sure=refuse)
    assert await give_up(settings, dropped, "somebody", sure=refuse) == ["0 of 1 dropped"]
    assert await give_up(settings, dropped, "somebody") == ["1 of 1 dropped"]

    assert asked == [1, 1]
    assert put.endswith("is on boards.facts again")
    assert count == "1 of 1 replayed"
    assert "was replayed" in again[0]
    assert "by somebody" in again[0]
    assert again[1] == "0 of 0 replayed"
    for wanted, kind in ((replayed, "replayed"), (dropped, "dropped")):
        [found], done = await find(settings, wanted)
        assert done[found.place].kind == kind
    with pytest.raises(Misconfigured, match="no consumer nobody"):
        await find(settings, filter_of(["nobody"]))


FORGED = [
    [("doska_dead_time_ms", b"9" * 40), ("doska_dead_partition", b"9" * 5000), ("doska_dead_offset", "٣".encode())],
    [("doska_dead_time_ms", b"253402300800000"), ("doska_dead_reason", b"\xff\x1b]0;owned\x07")],
    [("doska_dead_code", None), ("doska_dead_errors", b"5"), ("ce_type", None), ("ce_id", b"\xff")],
    [("doska_dead_errors", b'[{"path":"/' + b"9" * 5000 + b'","message":7}, 5]')],
    [("doska_dead_errors", orjson.dumps([{"path": "/list/" + "9" * 5000, "message": "x"}]))],
]


@pytest.mark.parametrize("headers", FORGED)
def test_a_letter_that_nobody_of_ours_wrote_hides_no_other(headers: list[tuple[str, bytes]]) -> None:
    made = [(name.replace("doska_dead_", PREFIX), value) for name, value in headers]
    found = letter_of("audit_log", Record(b'{"list":[1]}', made), "g2")

    told = [plain(each) for each in (line(found, None), *shown(found, None))]

    assert found.died.year < 9999
    assert not any("\x1b" in each or "\n" in each for each in told)
