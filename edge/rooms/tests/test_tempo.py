"""When frames wait for a tick."""

from edge.rooms.tempo import BUSY_LAG_SECONDS, Tempo


def test_an_idle_edge_does_not_wait() -> None:
    tempo = Tempo(limit=100)
    tempo.wrote(100, 5.5)

    assert not tempo.busy(5.9)


def test_more_writes_than_the_limit_in_this_second_or_the_last_are_busy() -> None:
    tempo = Tempo(limit=100)
    tempo.wrote(60, 5.1)
    tempo.wrote(60, 5.9)

    assert tempo.busy(5.95)
    assert tempo.busy(6.5)
    assert not tempo.busy(7.1)


def test_what_was_long_ago_does_not_count() -> None:
    tempo = Tempo(limit=100)
    tempo.wrote(500, 5.1)

    assert not tempo.busy(9.0)


def test_a_late_loop_is_busy_for_a_second() -> None:
    tempo = Tempo()
    tempo.lagged(BUSY_LAG_SECONDS / 2, 5.0)
    assert not tempo.busy(5.0)

    tempo.lagged(BUSY_LAG_SECONDS * 2, 5.0)

    assert tempo.busy(5.9)
    assert not tempo.busy(6.1)
