"""Which copy a moment is restored from, and which are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.backup.base_copy import Base
from jobs.backup.choice import check_covered, chosen, expendable
from topics.errors import Misconfigured

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def base(ended_at: datetime, chain: str | None = "one") -> Base:
    return Base(
        id=ended_at.isoformat(),
        cluster="7",
        server="18.4",
        start="0" * 24,
        segment_bytes=16 * 1024 * 1024,
        started_at=ended_at - timedelta(minutes=1),
        ended_at=ended_at,
        chain=chain,
        secrets=False,
        files={},
    )


DAYS = [base(NOON - number * DAY) for number in range(10, -1, -1)]


def test_the_newest_moment_is_of_the_newest_copy() -> None:
    assert chosen(DAYS, None) is DAYS[-1]


def test_a_moment_is_of_the_last_copy_that_was_whole_before_it() -> None:
    assert chosen(DAYS, NOON - DAY) is DAYS[-2]
    assert chosen(DAYS, NOON - timedelta(seconds=1)) is DAYS[-2]


def test_a_moment_while_a_copy_was_made_is_of_the_one_before_it() -> None:
    assert chosen(DAYS, NOON - timedelta(seconds=30)) is DAYS[-2]


def test_a_moment_before_all_copies_is_refused_with_the_oldest_that_there_is() -> None:
    with pytest.raises(Misconfigured, match="2026-04-24T12:00:00Z, and 2026-04-24T11:59:59Z is before it"):
        chosen(DAYS, NOON - 10 * DAY - timedelta(seconds=1))


def test_without_copies_nothing_is_restored() -> None:
    with pytest.raises(Misconfigured, match="no whole copy"):
        chosen([], None)


def test_a_moment_that_the_log_does_not_reach_is_refused() -> None:
    with pytest.raises(Misconfigured, match="reaches to 2026-05-04T12:10:00Z"):
        check_covered(DAYS[-1], NOON + timedelta(minutes=11), NOON + timedelta(minutes=10))

    check_covered(DAYS[-1], NOON + timedelta(minutes=10), NOON + timedelta(minutes=10))
    check_covered(DAYS[-1], None, None)


def test_a_copy_without_a_log_is_its_own_moment_alone() -> None:
    alone = base(NOON, chain=None)

    check_covered(alone, NOON, None)
    with pytest.raises(Misconfigured, match="no log that goes on"):
        check_covered(alone, NOON + timedelta(seconds=1), None)


def test_every_moment_that_is_kept_can_be_restored_after_pruning() -> None:
    gone = expendable(DAYS, NOON, 7 * DAY)

    left = [each for each in DAYS if each not in gone]
    assert len(gone) == 3
    chosen(left, NOON - 7 * DAY)


def test_an_hour_later_the_copy_before_the_edge_is_still_needed() -> None:
    later = NOON + timedelta(hours=1)

    left = [each for each in DAYS if each not in expendable(DAYS, later, 7 * DAY)]

    assert chosen(left, later - 7 * DAY) is left[0]


def test_the_newest_copy_is_never_removed_however_old_it_is() -> None:
    assert expendable(DAYS, NOON + 400 * DAY, 7 * DAY) == DAYS[:-1]
    assert expendable(DAYS[:1], NOON + 400 * DAY, 7 * DAY) == []
    assert expendable([], NOON, 7 * DAY) == []
