"""Which automatic versions stay: everything of a day, the last of each hour for a week, the last of each day for ever."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from consumers.board_decider.retention import ALL_FOR, HOURLY_FOR, outlived

NOW = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)
TIMES = st.lists(st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=20), NOW.replace(tzinfo=None)), unique=True)


def versions(times: list[datetime]) -> dict[str, datetime]:
    return {str(number): time.replace(tzinfo=UTC) for number, time in enumerate(times)}


def kept(made: dict[str, datetime], now: datetime = NOW) -> dict[str, datetime]:
    gone = set(outlived(made.items(), now))
    return {name: time for name, time in made.items() if name not in gone}


def test_of_an_hour_and_of_a_day_the_last_one_stays() -> None:
    made = {
        "recent": NOW - timedelta(hours=1),
        "recent too": NOW - timedelta(hours=1, minutes=10),
        "late in the hour": datetime(2026, 3, 17, 9, 50, tzinfo=UTC),
        "early in the hour": datetime(2026, 3, 17, 9, 5, tzinfo=UTC),
        "another hour": datetime(2026, 3, 17, 10, 0, tzinfo=UTC),
        "evening": datetime(2026, 3, 2, 20, 0, tzinfo=UTC),
        "morning": datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    }

    assert set(made) - set(kept(made)) == {"early in the hour", "morning"}


@given(TIMES)
def test_nothing_of_the_last_day_goes(times: list[datetime]) -> None:
    made = versions(times)

    assert all(NOW - made[name] > ALL_FOR for name in outlived(made.items(), NOW))


@given(TIMES)
def test_every_hour_and_day_that_had_a_version_has_one_still_and_no_more_than_that(times: list[datetime]) -> None:
    made = versions(times)
    left = kept(made)

    assert {time.date() for time in made.values()} == {time.date() for time in left.values()}
    old = [time for time in left.values() if NOW - time > HOURLY_FOR]
    assert len({time.date() for time in old}) == len(old)
    hourly = [time for time in left.values() if ALL_FOR < NOW - time <= HOURLY_FOR]
    assert len({(time.date(), time.hour) for time in hourly}) == len(hourly)


@given(TIMES, st.lists(st.integers(0, 400), max_size=5))
def test_however_often_somebody_looks_the_days_stay(times: list[datetime], hours: list[int]) -> None:
    left = made = versions(times)

    for later in sorted(hours):
        left = kept(left, NOW + timedelta(hours=later))

    assert {time.date() for time in left.values()} == {time.date() for time in made.values()}
    assert not made or max(made.values()) in left.values(), "the last one of all never goes"
