"""What a bench says about what it saw."""

import pytest

from jobs.bench.report import Result, percentile, problems, table
from jobs.bench.watching import Watching


@pytest.mark.parametrize(("share", "value"), [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0), (1, 1.0)])
def test_a_percentile_is_the_value_at_its_rank(share: float, value: float) -> None:
    assert percentile([float(n) for n in range(1, 101)], share) == value


def test_a_percentile_of_few_or_no_values() -> None:
    assert percentile([3.0], 50) == percentile([3.0], 99) == 3.0
    assert percentile([], 50) == 0.0


def test_a_member_that_sees_everything_once_has_no_faults() -> None:
    watching = Watching(4)

    assert [watching.see(seq, f"op {seq}") for seq in (5, 6, 7)] == [True, True, True]
    assert (watching.gaps, watching.doubles, watching.disordered) == (0, 0, 0)


def test_gaps_doubles_and_disorder_are_counted() -> None:
    watching = Watching(0)

    for seq, op in ((1, "a"), (3, "c"), (2, "b"), (4, "a")):
        watching.see(seq, op)

    assert (watching.gaps, watching.doubles, watching.disordered) == (1, 1, 1)


def test_a_clean_run_has_no_problems_and_a_table() -> None:
    result = Result(
        load={"members": 2, "editors": 1, "rate": 10.0, "seconds": 1.0, "warmup": 0.0},
        sent=10,
        acked=10,
        delivered=20,
        expected=20,
        ack_ms=[1.0, 2.0],
        seen_ms=[2.0, 3.0, 4.0],
    )

    assert problems(result) == []
    assert "20 of 20" in table(result)
    assert result.numbers()["send_to_seen_ms"] == {"p50": 3.0, "p95": 4.0, "p99": 4.0, "max": 4.0}


def test_everything_wrong_is_told() -> None:
    result = Result(
        load={}, sent=10, acked=9, refused=1, delivered=17, expected=18, gaps=1, doubles=2, disordered=3, resets=4
    )

    assert problems(result) == [
        "1 of 10 ops were not acknowledged (1 refused)",
        "17 of 18 deliveries",
        "1 gaps",
        "2 doubles",
        "3 out of order",
        "4 resets",
    ]
