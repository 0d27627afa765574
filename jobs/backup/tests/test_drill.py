"""The whole product loses PostgreSQL, S3, and everything, and is there again."""

import os

import pytest

from jobs.backup import drilling
from jobs.backup.drilling import Outcome, Size

# What is lost and brought back in quicker tests beside this one: PostgreSQL, S3, and the places in a lost log.
LONG = pytest.mark.skipif("DOSKA_TEST_DRILL" not in os.environ, reason="set DOSKA_TEST_DRILL=1: it takes minutes")


@LONG
@pytest.mark.chaos
@pytest.mark.integration
@pytest.mark.timeout(900)
async def test_nothing_is_lost_while_kafka_lives_and_little_when_nothing_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSKA_BACKUP_OBJECTS_SECONDS", "1")
    monkeypatch.setenv("DOSKA_BACKUP_BEAT_SECONDS", "1")

    outcomes = await drilling.drill(Size(boards=3, elements=50, seconds=3))

    told = drilling.table(outcomes)
    assert [each.case for each in outcomes] == list(drilling.CASES), told
    assert all(each.good for each in outcomes), told
    assert all(each.edits for each in outcomes), told


def outcome(**changes: object) -> Outcome:
    whole = {
        "case": "postgres",
        "boards": 1,
        "elements": 1,
        "edits": 1,
        "files": 1,
        "rows": 1,
        "backup_bytes": 1,
        "restore_seconds": 1.0,
        "rto_seconds": 2.0,
        "rpo_seconds": 0.0,
        "lost_elements": 0,
        "lost_files": 0,
        "tables_differ": [],
    }
    return Outcome(**{**whole, **changes})  # type: ignore[arg-type]


def test_a_drill_is_good_within_its_promises_and_not_beyond() -> None:
    assert outcome().good
    assert outcome(case="machine", lost_elements=3, lost_files=1, rpo_seconds=60.0).good
    assert outcome(case="s3", files=2, lost_files=1, rpo_seconds=60.0).good
    assert not outcome(case="s3", files=2, lost_files=2, rpo_seconds=60.0).good, "nothing was put back"
    assert not outcome(lost_elements=1, rpo_seconds=1.0).good, "Kafka had it"
    assert not outcome(lost_files=1, rpo_seconds=1.0).good, "S3 had it"
    assert not outcome(case="s3", lost_elements=1, rpo_seconds=1.0).good
    assert not outcome(case="machine", rpo_seconds=901.0).good
    assert not outcome(rto_seconds=3601.0).good
    assert not outcome(tables_differ=["board_decider.boards"]).good
