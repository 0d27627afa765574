from dataclasses import dataclass, replace

import pytest

from topics.bus.catalog import RETRY_RUNGS, retries_of
from topics.bus.dead_letters import DeadLetter, dead_letter, reason_of
from topics.bus.failure import Death
from topics.bus.manifest import Manifest, RetryTopic
from topics.bus.records import Junk
from topics.bus.retry import due_of, reading_of, recall, retry_letter, rung, wait_seconds
from topics.errors import Postpone

MANIFEST = Manifest(
    name="exporter",
    about="x",
    engine="batch",
    reads=("boards.facts",),
    on_failure={"retry": {"attempts": 3, "backoff": 4, "backoff_max": 60}},
)


@dataclass(frozen=True)
class Bytes:
    topic: str = "boards.facts"
    partition: int = 3
    offset: int = 41
    timestamp: int = 7
    key: bytes | None = b"key"
    value: bytes | None = b"{}"
    headers: tuple[tuple[str, bytes], ...] = (("ce_id", b"1"), ("dead_reason", b"an old one"))


def postponed(record: object, why: Postpone, at_ms: int = 1000) -> DeadLetter | Death:
    return retry_letter(MANIFEST, record, why, generation="g1", at_ms=at_ms, jitter=1.0)


def on_topic(letter: DeadLetter | Death) -> Bytes:
    assert isinstance(letter, DeadLetter)
    return Bytes(letter.topic, letter.partition or 0, 900, 1001, letter.key, letter.value, tuple(letter.headers))


def test_a_postponed_record_comes_back_as_it_stood_first() -> None:
    waiting = on_topic(postponed(Bytes(), Postpone("busy", note="subscription 7")))
    back = recall(waiting)

    assert (waiting.topic, waiting.partition) == ("exporter.retry", rung(4))
    assert due_of(waiting) == 5.0
    assert (back.topic, back.partition, back.offset, back.timestamp) == ("boards.facts", 3, 41, 7)
    assert (back.key, back.value, back.headers) == (b"key", b"{}", (("ce_id", b"1"),))
    assert (back.generation, back.attempt, back.since_ms, back.note) == ("g1", 2, 1000, "subscription 7")


def test_its_attempts_count_up_to_the_last_and_then_it_is_dead_with_its_last_reason() -> None:
    second = recall(on_topic(postponed(Bytes(), Postpone("one"))))
    third = recall(on_topic(postponed(second, Postpone("two"), 2000)))
    dead = postponed(third, Postpone("three"), 3_601_000)

    assert (second.attempt, third.attempt, third.since_ms) == (2, 3, 1000)
    assert dead == Death("unavailable", "given up after 3 attempts in 1.0 h: three")
    letter = dead_letter(MANIFEST, third, Death("gone", "x"), generation="g1", at_ms=0, note="n")
    assert (reason_of(letter.headers)["offset"], reason_of(letter.headers)["note"]) == ("41", "n")
    assert not [name for name, _ in letter.headers if name.startswith("retry_")]


@pytest.mark.parametrize(
    ("after", "attempt", "seconds"),
    [(None, 1, 4), (None, 2, 8), (None, 9, 60), (90, 1, 90), (1e9, 1, 86400), (-1, 1, 0)],
)
def test_the_wait_is_what_the_handler_says_or_doubles(after: float | None, attempt: int, seconds: float) -> None:
    policy = RetryTopic(backoff=4, backoff_max=60)

    assert wait_seconds(Postpone("x", after), attempt, policy, 1.0) == seconds


def test_a_wait_stands_behind_none_that_is_more_than_four_times_as_long() -> None:
    ends = [*RETRY_RUNGS[1:], 4 * RETRY_RUNGS[-1]]
    for seconds in (0.0, 1.9, 2.0, 7.9, 100.0, 5000.0, 30_000.0, 86_400.0):
        number = rung(seconds)
        assert RETRY_RUNGS[number] <= seconds
        assert seconds < ends[number] or number == len(RETRY_RUNGS) - 1
    assert all(end <= 4 * least for least, end in zip(RETRY_RUNGS[1:], ends[1:], strict=True))
    assert retries_of("exporter").partitions == len(RETRY_RUNGS)


def test_what_others_put_there_is_junk_and_due_at_once() -> None:
    foreign = replace(Bytes(), headers=(("retry_topic", b"boards.facts"), ("retry_not_before_ms", b"soon")))

    assert due_of(foreign) == 0.0
    with pytest.raises(Junk, match="retry topic"):
        recall(foreign)


def test_a_note_too_long_to_carry_is_a_bug() -> None:
    with pytest.raises(ValueError, match="1000 characters"):
        postponed(Bytes(), Postpone("x", note="n" * 1001))


def test_it_is_read_in_a_group_of_its_own() -> None:
    assert (reading_of(MANIFEST).group, reading_of(MANIFEST).topics) == ("exporter.retry", ("exporter.retry",))
    with pytest.raises(ValueError, match="no retry topic"):
        reading_of(Manifest(name="other", about="x", engine="each", reads=("boards.facts",)))
